namespace EdgePool.Xmpp.Streams;

/// <summary>The namespace names of stream negotiation.</summary>
public static class XmppNamespaces
{
    /// <summary>The stream root, its features and its errors (RFC 6120 section 4.8.1).</summary>
    public const string Streams = "http://etherx.jabber.org/streams";

    /// <summary>Content of an S2S stream (RFC 6120 section 4.8.2).</summary>
    public const string Server = "jabber:server";

    /// <summary>Content of a component's stream (XEP-0114).</summary>
    public const string ComponentAccept = "jabber:component:accept";

    /// <summary>STARTTLS (RFC 6120 section 5).</summary>
    public const string Tls = "urn:ietf:params:xml:ns:xmpp-tls";

    /// <summary>SASL (RFC 6120 section 6).</summary>
    public const string Sasl = "urn:ietf:params:xml:ns:xmpp-sasl";

    /// <summary>Conditions of stream errors (RFC 6120 section 4.9.2).</summary>
    public const string StreamErrors = "urn:ietf:params:xml:ns:xmpp-streams";

    /// <summary>Conditions of stanza errors (RFC 6120 section 8.3.2).</summary>
    public const string StanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";

    /// <summary>Dialback elements (XEP-0220).</summary>
    public const string Dialback = "jabber:server:dialback";

    /// <summary>The dialback stream feature (XEP-0220 section 2.4.2).</summary>
    public const string DialbackFeature = "urn:xmpp:features:dialback";

    /// <summary>Stream compression, never offered (XEP-0138).</summary>
    public const string Compress = "http://jabber.org/protocol/compress";

    /// <summary>The request for a bidirectional S2S stream (XEP-0288).</summary>
    public const string Bidi = "urn:xmpp:bidi";

    /// <summary>The stream feature that offers bidirectional S2S streams (XEP-0288).</summary>
    public const string BidiFeature = "urn:xmpp:features:bidi";

    /// <summary>Limits of a stream (XEP-0478).</summary>
    public const string Limits = "urn:xmpp:stream-limits:0";

    /// <summary>Stream management (XEP-0198).</summary>
    public const string StreamManagement = "urn:xmpp:sm:3";

    /// <summary>Application-specific error conditions (XEP-0182).</summary>
    public const string ApplicationErrors = "urn:xmpp:errors";
}
