namespace EdgePool.Xmpp.Framing;

/// <summary>The content namespace of a stream (RFC 6120 section 4.8.2): what its stanzas are in.</summary>
public enum ContentNamespace
{
    /// <summary><c>jabber:server</c>: S2S (RFC 6120).</summary>
    Server,

    /// <summary><c>jabber:component:accept</c>: XEP-0114.</summary>
    Component,
}
