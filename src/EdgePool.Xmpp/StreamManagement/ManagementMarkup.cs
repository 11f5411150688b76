using System.Buffers;
using System.Globalization;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.StreamManagement;

/// <summary>The elements of XEP-0198 as they go over the wire.</summary>
public static class ManagementMarkup
{
    /// <summary>Longest SM-ID of a peer's that is kept.</summary>
    public const int LongestId = 256;

    /// <summary>The stream error for a peer that acknowledges what it was not sent (XEP-0198 section 6).</summary>
    public static StreamError HandledCountTooHigh { get; }
        = new(StreamErrorCondition.UndefinedCondition, Application: ("handled-count-too-high", XmppNamespaces.StreamManagement));

    /// <summary><c>&lt;r/&gt;</c>: asks for the peer's count.</summary>
    public static ReadOnlySpan<byte> Request => "<r xmlns='urn:xmpp:sm:3'/>"u8;

    /// <summary><c>&lt;a h='…'/&gt;</c>: how many of the peer's stanzas are handled.</summary>
    public static void WriteAnswer(IBufferWriter<byte> output, uint h)
    {
        ArgumentNullException.ThrowIfNull(output);
        const int LongestCount = 10;
        output.Write("<a xmlns='urn:xmpp:sm:3' h='"u8);
        h.TryFormat(output.GetSpan(LongestCount), out var written, provider: CultureInfo.InvariantCulture);
        output.Advance(written);
        output.Write("'/>"u8);
    }

    /// <summary><c>&lt;enable/&gt;</c>.</summary>
    /// <param name="resume">We should like to resume the stream when it is lost.</param>
    public static ReadOnlyMemory<byte> Enable(bool resume)
        => WireWriter.Compose(w => w.Markup(resume ? "<enable xmlns='urn:xmpp:sm:3' resume='true'/>"u8 : "<enable xmlns='urn:xmpp:sm:3'/>"u8));

    /// <summary><c>&lt;enabled/&gt;</c>.</summary>
    /// <param name="id">By which the stream can be resumed; null: it cannot.</param>
    /// <param name="atMost">How long after its loss.</param>
    public static ReadOnlyMemory<byte> Enabled(string? id, TimeSpan atMost) => WireWriter.Compose(w =>
    {
        w.Markup("<enabled xmlns='urn:xmpp:sm:3'"u8);
        if (id is not null)
            w.Attribute("id"u8, id).Markup(" resume='true'"u8).Attribute("max"u8, ((long)atMost.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        w.Markup("/>"u8);
    });

    /// <summary><c>&lt;resume/&gt;</c>.</summary>
    public static ReadOnlyMemory<byte> Resume(string id, uint h) => WithCount("resume", id, h);

    /// <summary><c>&lt;resumed/&gt;</c>.</summary>
    public static ReadOnlyMemory<byte> Resumed(string id, uint h) => WithCount("resumed", id, h);

    /// <summary><c>&lt;failed/&gt;</c> with a stanza error's condition.</summary>
    /// <param name="condition">Why.</param>
    /// <param name="h">How many of the peer's stanzas were handled on the stream that it wants to resume; null: not known.</param>
    public static ReadOnlyMemory<byte> Failed(StanzaErrorCondition condition, uint? h = null) => WireWriter.Compose(w =>
    {
        w.Markup("<failed xmlns='urn:xmpp:sm:3'"u8);
        if (h is { } handled)
            w.Attribute("h"u8, handled.ToString(CultureInfo.InvariantCulture));
        w.Markup("><"u8).Markup(condition.WireName()).Markup(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"u8);
    });

    /// <summary>Reads a count; false when it is missing or no unsigned 32-bit number.</summary>
    public static bool TryReadCount(XmlElement element, out uint h)
    {
        ArgumentNullException.ThrowIfNull(element);
        return uint.TryParse(element["h"], NumberStyles.None, CultureInfo.InvariantCulture, out h);
    }

    /// <summary>Reads how long after its loss a stream can be resumed; null when that is missing or no number of seconds.</summary>
    public static TimeSpan? ReadMax(XmlElement element)
    {
        ArgumentNullException.ThrowIfNull(element);
        return uint.TryParse(element["max"], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>True when the attribute <c>resume</c> says so.</summary>
    public static bool WantsResumption(XmlElement element)
    {
        ArgumentNullException.ThrowIfNull(element);
        return element["resume"] is "true" or "1";
    }

    private static ReadOnlyMemory<byte> WithCount(string name, string id, uint h) => WireWriter.Compose(w => w
        .Markup("<"u8).Markup(name).Markup(" xmlns='urn:xmpp:sm:3'"u8)
        .Attribute("previd"u8, id).Attribute("h"u8, h.ToString(CultureInfo.InvariantCulture)).Markup("/>"u8));
}
