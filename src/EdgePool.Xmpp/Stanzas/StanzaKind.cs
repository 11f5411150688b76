namespace EdgePool.Xmpp.Stanzas;

/// <summary>What a top-level element is.</summary>
public enum StanzaKind
{
    /// <summary>Not a stanza of the stream's content namespace: a negotiation element, <c>stream:error</c>, dialback, or something unknown.</summary>
    None,

    /// <summary><c>message</c> (RFC 6120 section 8.2.1).</summary>
    Message,

    /// <summary><c>presence</c> (RFC 6120 section 8.2.2).</summary>
    Presence,

    /// <summary><c>iq</c> (RFC 6120 section 8.2.3).</summary>
    Iq,
}
