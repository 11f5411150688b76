using System.Buffers;
using System.Text;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Server.Management.Documents;

/// <summary>An ordinary stanza of a kind, to ask policy about.</summary>
internal static class StanzaSample
{
    /// <summary>What may be asked about.</summary>
    public const string Kinds = "message, message:TYPE, presence, presence:TYPE, iq or iq:NAMESPACE";

    private const string Disco = "http://jabber.org/protocol/disco#info";

    /// <summary>The stanza in its bytes; null when the kind is not one of <see cref="Kinds"/>.</summary>
    public static byte[]? Of(string kind)
    {
        var colon = kind.IndexOf(':', StringComparison.Ordinal);
        var (name, detail) = colon < 0 ? (kind, "") : (kind[..colon], kind[(colon + 1)..]);
        return name switch
        {
            "message" => Bytes($"<message type='{Escaped(detail.Length == 0 ? "chat" : detail)}'><body>?</body></message>"),
            "presence" when detail.Length == 0 => Bytes("<presence/>"),
            "presence" => Bytes($"<presence type='{Escaped(detail)}'/>"),
            "iq" => Bytes($"<iq type='get' id='why'><query xmlns='{Escaped(detail.Length == 0 ? Disco : detail)}'/></iq>"),
            _ => null,
        };
    }

    /// <summary>Reads a sample as a partner's stream would bring it.</summary>
    public static bool TryRead(byte[] sample, out StanzaFrame stanza)
        => StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated).Read(sample, out _, out stanza) is FrameStatus.Element;

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Escaped(string value)
    {
        var written = new ArrayBufferWriter<byte>();
        XmlEscape.WriteAttributeValue(written, value);
        return Encoding.UTF8.GetString(written.WrittenSpan);
    }
}
