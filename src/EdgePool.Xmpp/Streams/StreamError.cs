using System.Buffers;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Streams;

/// <summary>A stream error (RFC 6120 section 4.9).</summary>
/// <param name="Condition">The defined condition.</param>
/// <param name="Text">A word to the peer's operator; null for none.</param>
/// <param name="Application">An empty element that goes along (RFC 6120 section 4.9.4): local name and namespace; null for none.</param>
public sealed record StreamError(StreamErrorCondition Condition, string? Text = null, (string Name, string Namespace)? Application = null)
{
    private const int LongestText = 256;

    /// <summary>With see-other-host: where the peer sends us, as it wrote it (RFC 6120 section 4.9.3.19); null for nothing.</summary>
    public string? Host { get; init; }

    /// <summary>The element is larger than policy allows (XEP-0182, XEP-0205).</summary>
    public static StreamError StanzaTooBig { get; }
        = new(StreamErrorCondition.PolicyViolation, Application: ("stanza-too-big", XmppNamespaces.ApplicationErrors));

    /// <summary>
    /// Reads what the peer sent. A condition that RFC 6120 does not define becomes undefined-condition; the text is cut to 256 characters, and
    /// is the peer's: escape it before it is shown.
    /// </summary>
    public static StreamError Read(XmlElement error)
    {
        ArgumentNullException.ThrowIfNull(error);
        var condition = StreamErrorCondition.UndefinedCondition;
        string? host = null;
        foreach (var child in error.Children.Where(c => string.Equals(c.Namespace, XmppNamespaces.StreamErrors, StringComparison.Ordinal)))
        {
            if (WireName<StreamErrorCondition>.TryParse(child.Name, out condition))
            {
                host = condition is StreamErrorCondition.SeeOtherHost && child.Text.Trim() is { Length: > 0 and <= LongestText } named ? named : null;
                break;
            }

            condition = StreamErrorCondition.UndefinedCondition;
        }

        var text = error.Child("text", XmppNamespaces.StreamErrors)?.Text;
        return new StreamError(condition, text is { Length: > LongestText } ? text[..LongestText] : text) { Host = host };
    }

    /// <summary>Writes <c>&lt;stream:error&gt;…&lt;/stream:error&gt;</c>.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output).Markup("<stream:error><"u8).Markup(Condition.WireName())
            .Markup(" xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"u8);
        if (Text is not null)
            writer.Markup("<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>"u8).Text(Text).Markup("</text>"u8);
        if (Application is var (name, @namespace))
            writer.Markup("<"u8).Markup(name).Attribute("xmlns"u8, @namespace).Markup("/>"u8);
        writer.Markup("</stream:error>"u8);
    }
}

/// <summary>Names of <see cref="StreamErrorCondition"/>.</summary>
public static class StreamErrorConditionName
{
    /// <summary>The element's name, such as <c>not-well-formed</c>.</summary>
    public static string WireName(this StreamErrorCondition condition) => WireName<StreamErrorCondition>.Of(condition);
}
