using System.Globalization;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Streams;

/// <summary>What one side says that it takes on a stream (XEP-0478). Null: it does not say.</summary>
/// <param name="MaxBytes">Bytes of one top-level element.</param>
/// <param name="IdleSeconds">Seconds of silence after which it may look whether the other side lives, or end the stream.</param>
public sealed record AnnouncedLimits(int? MaxBytes, int? IdleSeconds)
{
    /// <summary>No server may take less of a stanza (RFC 6120 section 13.12); a smaller number is one for strangers, and is read as this one.</summary>
    public const int LeastMaxBytes = 10_000;

    /// <summary>Shorter silence is nobody's idleness; a smaller number is read as this one.</summary>
    public const int LeastIdleSeconds = 10;

    // <limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>262144</max-bytes><idle-seconds>300</idle-seconds></limits>

    /// <summary>Reads the limits in <c>&lt;stream:features&gt;</c> or <c>&lt;bidi&gt;</c>; null when there are none. What is no number is not said.</summary>
    public static AnnouncedLimits? Read(XmlElement parent)
    {
        ArgumentNullException.ThrowIfNull(parent);
        return parent.Child("limits", XmppNamespaces.Limits) is { } limits
            ? new AnnouncedLimits(Number(limits, "max-bytes", LeastMaxBytes), Number(limits, "idle-seconds", LeastIdleSeconds))
            : null;
    }

    internal void WriteTo(WireWriter writer)
    {
        writer.Markup("<limits xmlns='urn:xmpp:stream-limits:0'>"u8);
        if (MaxBytes is { } bytes)
            writer.Markup("<max-bytes>"u8).Markup(bytes.ToString(CultureInfo.InvariantCulture)).Markup("</max-bytes>"u8);
        if (IdleSeconds is { } seconds)
            writer.Markup("<idle-seconds>"u8).Markup(seconds.ToString(CultureInfo.InvariantCulture)).Markup("</idle-seconds>"u8);
        writer.Markup("</limits>"u8);
    }

    // What is larger than any int is as good as no limit.
    private static int? Number(XmlElement limits, string name, int least)
        => limits.Child(name, XmppNamespaces.Limits) is { } child && int.TryParse(child.Text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Max(number, least)
            : null;
}
