using System.Buffers;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Xmpp.Streams;

/// <summary>What a receiving entity offers next (RFC 6120 section 4.3.2).</summary>
/// <param name="StartTls">STARTTLS.</param>
/// <param name="TlsRequired">Nothing goes on without it.</param>
/// <param name="External">SASL EXTERNAL.</param>
/// <param name="Dialback">Dialback with errors (XEP-0220 section 2.4.2).</param>
/// <param name="Management">Stream management (XEP-0198 section 2).</param>
/// <param name="Bidi">Bidirectional streams (XEP-0288).</param>
/// <param name="Limits">What we take on the stream (XEP-0478); null: we do not say.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct FeatureOffer(
    bool StartTls = false, bool TlsRequired = false, bool External = false, bool Dialback = false, bool Management = false, bool Bidi = false, AnnouncedLimits? Limits = null);

/// <summary>Headers, features and the end of our streams.</summary>
internal static class StreamMarkup
{
    /// <summary>The end of a stream.</summary>
    public static ReadOnlySpan<byte> End => "</stream:stream>"u8;

    // COMPAT: db-prefix-alone
    /// <summary>The header of an S2S stream. Our elements always use the prefix <c>db</c>: some servers know no other.</summary>
    public static void WriteServerHeader(WireWriter writer, DomainName? from, DomainName? to, string? id, bool versioned)
    {
        writer.Markup("<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"u8)
            .Markup(" xmlns:db='jabber:server:dialback'"u8)
            .Attribute("id"u8, id).Attribute("from"u8, from?.Unicode).Attribute("to"u8, to?.Unicode);
        if (versioned)
            writer.Markup(" version='1.0' xml:lang='en'"u8);
        writer.Markup(">"u8);
    }

    /// <summary>The header that answers a component (XEP-0114 section 3).</summary>
    public static void WriteComponentHeader(WireWriter writer, DomainName? from, string id) => writer
        .Markup("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'"u8)
        .Attribute("id"u8, id).Attribute("from"u8, from?.Unicode).Markup(">"u8);

    /// <summary><c>&lt;stream:features&gt;</c>.</summary>
    public static void WriteFeatures(WireWriter writer, FeatureOffer offer)
    {
        writer.Markup("<stream:features>"u8);
        if (offer.StartTls)
            writer.Markup("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'"u8).Markup(offer.TlsRequired ? "><required/></starttls>"u8 : "/>"u8);
        if (offer.External)
            writer.Markup("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>"u8);
        if (offer.Dialback)
            writer.Markup("<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"u8);
        if (offer.Management)
            writer.Markup("<sm xmlns='urn:xmpp:sm:3'/>"u8);
        if (offer.Bidi)
            writer.Markup("<bidi xmlns='urn:xmpp:features:bidi'/>"u8);
        offer.Limits?.WriteTo(writer);
        writer.Markup("</stream:features>"u8);
    }

    /// <summary>What ends a stream of ours: the error, if any, and the end tag; empty when the stream's header was not sent.</summary>
    public static ReadOnlyMemory<byte> Farewell(bool opened, StreamError? error)
    {
        if (!opened)
            return default;
        var output = new ArrayBufferWriter<byte>(128);
        error?.WriteTo(output);
        output.Write(End);
        return output.WrittenMemory;
    }
}
