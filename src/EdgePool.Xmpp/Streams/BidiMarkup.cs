namespace EdgePool.Xmpp.Streams;

/// <summary>Bidirectional S2S streams (XEP-0288).</summary>
internal static class BidiMarkup
{
    // <bidi xmlns='urn:xmpp:bidi'><limits xmlns='urn:xmpp:stream-limits:0'>…</limits></bidi> (XEP-0478 section 3.2)
    public static ReadOnlyMemory<byte> Request(AnnouncedLimits? limits) => WireWriter.Compose(w =>
    {
        if (limits is null)
        {
            w.Markup("<bidi xmlns='urn:xmpp:bidi'/>"u8);
            return;
        }

        w.Markup("<bidi xmlns='urn:xmpp:bidi'>"u8);
        limits.WriteTo(w);
        w.Markup("</bidi>"u8);
    });
}
