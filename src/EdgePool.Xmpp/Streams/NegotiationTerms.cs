namespace EdgePool.Xmpp.Streams;

/// <summary>The ways in which a domain pair may be authenticated, in order of preference.</summary>
[Flags]
public enum AuthenticationMethods
{
    /// <summary>No way: such a pair is never authenticated.</summary>
    None = 0,

    /// <summary>SASL EXTERNAL with a certificate (XEP-0178).</summary>
    SaslOverTls = 1,

    /// <summary>Dialback on a stream secured by TLS (XEP-0220).</summary>
    TlsDialback = 2,

    /// <summary>Dialback on a plain stream.</summary>
    TcpDialback = 4,
}

/// <summary>How a pair was authenticated in the end.</summary>
public enum AuthenticationMethod
{
    /// <summary>SASL EXTERNAL (XEP-0178).</summary>
    SaslExternal,

    /// <summary>Dialback on a stream secured by TLS.</summary>
    DialbackOverTls,

    /// <summary>Dialback on a plain stream.</summary>
    DialbackOverTcp,

    /// <summary>Dialback whose key nobody looked at, because a certificate proved the peer's name (XEP-0220 section 1.1).</summary>
    DialbackByCertificate,

    /// <summary>The handshake of XEP-0114.</summary>
    ComponentHandshake,
}

/// <summary>Versions of TLS that are spoken here, the older first; anything below is refused by the handshake itself.</summary>
public enum TlsVersion
{
    /// <summary>RFC 5246, with forward secrecy and AEAD alone (RFC 9325).</summary>
    Tls12,

    /// <summary>RFC 8446.</summary>
    Tls13,
}

/// <summary>What policy allows for one domain pair.</summary>
/// <param name="Methods">The allowed ways; whatever is not named is never done, in either direction.</param>
public sealed record NegotiationTerms(AuthenticationMethods Methods)
{
    /// <summary>Dialback too demands a certificate that proves the peer's name; so dialback on a plain stream is out.</summary>
    public bool RequireTrustedCertificate { get; init; }

    /// <summary>A certificate that proves the peer's name makes <c>db:result</c> valid without a lookup.</summary>
    public bool DialbackWithoutDialback { get; init; }

    /// <summary>A stream of the pair may carry stanzas both ways (XEP-0288).</summary>
    public bool Bidirectional { get; init; }

    /// <summary>The oldest version of TLS by which a pair may be proven; nothing is proven on a stream under an older one.</summary>
    public TlsVersion MinimumTls { get; init; }

    /// <summary>Stream management (XEP-0198) is offered, and enabled where it is offered.</summary>
    public bool StreamManagement { get; init; } = true;

    /// <summary>A stream under stream management that is lost may be resumed.</summary>
    public bool Resumption { get; init; } = true;

    /// <summary>A stream that is lost may be resumed under these terms.</summary>
    public bool AllowsResumption => StreamManagement && Resumption;

    /// <summary>See <see cref="PartnerQuirk.UnboundDbPrefix"/>.</summary>
    public bool UnboundDbPrefix { get; init; }

    /// <summary>Some allowed way needs TLS.</summary>
    public bool OffersTls => (Methods & (AuthenticationMethods.SaslOverTls | AuthenticationMethods.TlsDialback)) != AuthenticationMethods.None;

    /// <summary>No allowed way does without TLS.</summary>
    public bool RequiresTls => !AllowsDialback(tls: false);

    /// <summary>SASL EXTERNAL is allowed.</summary>
    public bool AllowsSasl => Methods.HasFlag(AuthenticationMethods.SaslOverTls);

    /// <summary>A way is allowed that goes before the one that was used.</summary>
    public bool IsStepDown(AuthenticationMethod used) => used switch
    {
        AuthenticationMethod.DialbackOverTls or AuthenticationMethod.DialbackByCertificate => AllowsSasl,
        AuthenticationMethod.DialbackOverTcp => OffersTls,
        _ => false,
    };

    /// <summary>Dialback is allowed on a stream with, or without, TLS.</summary>
    public bool AllowsDialback(bool tls) => tls
        ? Methods.HasFlag(AuthenticationMethods.TlsDialback)
        : Methods.HasFlag(AuthenticationMethods.TcpDialback) && !RequireTrustedCertificate;
}
