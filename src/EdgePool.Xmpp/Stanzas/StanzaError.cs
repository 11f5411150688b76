using System.Buffers;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Stanzas;

/// <summary>Answers to stanzas that cannot be delivered (RFC 6120 section 8.3).</summary>
public static class StanzaError
{
    /// <summary>
    /// True when an error may be sent in answer: never to a stanza of type <c>error</c> (RFC 6120 section 8.3.1) nor to an IQ <c>result</c> (8.2.3),
    /// and to presence only when asked for (RFC 6121 section 4). An IQ of a type that there is not, or of none, gets an error: so says 8.2.3.
    /// </summary>
    /// <param name="kind">The stanza.</param>
    /// <param name="type">Its decoded type; empty when absent.</param>
    /// <param name="answerPresence">Presence gets an error too.</param>
    public static bool MayAnswer(StanzaKind kind, ReadOnlySpan<byte> type, bool answerPresence = false)
    {
        if (type.SequenceEqual("error"u8))
            return false;
        return kind switch
        {
            StanzaKind.Message => true,
            StanzaKind.Iq => !type.SequenceEqual("result"u8),
            StanzaKind.Presence => answerPresence,
            _ => false,
        };
    }

    /// <summary>
    /// Writes the bounce of a stanza, for a stream whose default namespace is its content namespace. All values decoded, in UTF-8; escaped here.
    /// </summary>
    /// <param name="output">Gets the element.</param>
    /// <param name="kind">The stanza that is answered; see <see cref="MayAnswer"/>.</param>
    /// <param name="to">Who gets the bounce: the stanza's <c>from</c>.</param>
    /// <param name="from">Whom it could not reach: the stanza's <c>to</c>.</param>
    /// <param name="id">The stanza's id; empty for none.</param>
    /// <param name="condition">What went wrong.</param>
    /// <param name="type">What the sender may do.</param>
    /// <param name="text">A word of ours to the sender; null for none.</param>
    public static void WriteBounce(
        IBufferWriter<byte> output,
        StanzaKind kind,
        ReadOnlySpan<byte> to,
        ReadOnlySpan<byte> from,
        ReadOnlySpan<byte> id,
        StanzaErrorCondition condition,
        StanzaErrorType type,
        string? text = null)
    {
        var name = NameOf(kind);
        var writer = new WireWriter(output).Markup("<"u8).Markup(name).Attribute("from"u8, from).Attribute("to"u8, to);
        if (!id.IsEmpty)
            writer.Attribute("id"u8, id);
        writer.Markup(" type='error'><error type='"u8).Markup(type.WireName()).Markup("'><"u8).Markup(condition.WireName())
            .Markup(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"u8);
        if (text is not null)
            writer.Markup("<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>"u8).Text(text).Markup("</text>"u8);
        writer.Markup("</error></"u8).Markup(name).Markup(">"u8);
    }

    private static ReadOnlySpan<byte> NameOf(StanzaKind kind) => kind switch
    {
        StanzaKind.Message => "message"u8,
        StanzaKind.Presence => "presence"u8,
        StanzaKind.Iq => "iq"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "only stanzas are answered"),
    };
}
