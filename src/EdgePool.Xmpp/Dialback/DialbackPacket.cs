using System.Diagnostics.CodeAnalysis;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Dialback;

/// <summary>A <c>db:result</c> or <c>db:verify</c> with good addresses (XEP-0220).</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The addressee.</param>
/// <param name="Id">The stream id that <c>db:verify</c> speaks of; null when absent.</param>
/// <param name="Type">Null in a request; <c>valid</c>, <c>invalid</c> or <c>error</c> in an answer.</param>
/// <param name="Key">The key, white space around it removed; empty when absent.</param>
internal sealed record DialbackPacket(DomainName From, DomainName To, string? Id, string? Type, string Key)
{
    /// <summary>Reads an element of the dialback namespace. False when an address is missing or is no domain.</summary>
    public static bool TryRead(XmlElement element, [NotNullWhen(true)] out DialbackPacket? packet)
    {
        packet = null;
        if (element["from"] is not { } fromText || element["to"] is not { } toText)
            return false;
        if (!DomainName.TryParse(fromText, out var from) || !DomainName.TryParse(toText, out var to))
            return false;
        packet = new DialbackPacket(from, to, element["id"], element["type"], element.Text.Trim(' ', '\t', '\n', '\r'));
        return true;
    }

    // <db:result from='p1.example' to='edge.example'>KEY</db:result>
    public static ReadOnlyMemory<byte> Result(DomainPair pair, string key) => WireWriter.Compose(w => w
        .Markup("<db:result"u8).Attribute("from"u8, pair.Local.Unicode).Attribute("to"u8, pair.Remote.Unicode)
        .Markup(">"u8).Text(key).Markup("</db:result>"u8));

    // <db:verify from='edge.example' to='p1.example' id='S'>KEY</db:verify>
    public static ReadOnlyMemory<byte> Verify(DomainPair pair, string streamId, string key) => WireWriter.Compose(w => w
        .Markup("<db:verify"u8).Attribute("from"u8, pair.Local.Unicode).Attribute("to"u8, pair.Remote.Unicode).Attribute("id"u8, streamId)
        .Markup(">"u8).Text(key).Markup("</db:verify>"u8));

    // <db:result from='edge.example' to='p1.example' type='valid'/>
    public static ReadOnlyMemory<byte> ResultAnswer(DomainPair pair, DialbackOutcome outcome) => Answer("db:result", pair, null, outcome);

    // <db:verify from='edge.example' to='p1.example' id='S' type='valid'/>
    public static ReadOnlyMemory<byte> VerifyAnswer(DomainPair pair, string? id, DialbackOutcome outcome) => Answer("db:verify", pair, id, outcome);

    private static ReadOnlyMemory<byte> Answer(string name, DomainPair pair, string? id, DialbackOutcome outcome) => WireWriter.Compose(w =>
    {
        w.Markup("<"u8).Markup(name).Attribute("from"u8, pair.Local.Unicode).Attribute("to"u8, pair.Remote.Unicode).Attribute("id"u8, id)
            .Attribute("type"u8, WireName<DialbackVerdict>.Of(outcome.Verdict));
        if (outcome.Verdict is not DialbackVerdict.Error)
        {
            w.Markup("/>"u8);
            return;
        }

        w.Markup("><error type='cancel'><"u8).Markup(outcome.Condition.WireName())
            .Markup(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></"u8).Markup(name).Markup(">"u8);
    });
}
