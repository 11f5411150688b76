using EdgePool.Xmpp.Addressing;

namespace EdgePool.Xmpp.Streams;

/// <summary>
/// What a listener allows. Asked anew at each decision, so a change of policy acts on streams under negotiation too. A listener towards
/// internal servers turns the roles round: there a partner's domain is local and an internal server's domain is remote.
/// </summary>
public interface INegotiationRules
{
    /// <summary>True when this listener answers for the domain.</summary>
    bool Serves(DomainName local);

    /// <summary>What policy allows for the pair; null when this remote domain is not an allowed peer of the local one.</summary>
    NegotiationTerms? TermsFor(DomainPair pair);

    /// <summary>True for a domain on our own side: no peer of this listener may speak for it, and we never look it up.</summary>
    bool IsOwn(DomainName domain);
}

/// <summary>What the peer's certificate proves about one domain.</summary>
public enum CertificateVerdict
{
    /// <summary>The peer gave no certificate.</summary>
    None,

    /// <summary>The chain does not end at a root that policy trusts for the domain, or is not valid now, or not for this use.</summary>
    Untrusted,

    /// <summary>A trusted chain, but no identity in it matches the domain.</summary>
    WrongName,

    /// <summary>A trusted chain and a matching identity, but no key in the chain is one that policy has pinned for the domain.</summary>
    PinMismatch,

    /// <summary>A trusted chain and a matching identity, but another key than the domain had before, and policy does not take changes.</summary>
    KeyChanged,

    /// <summary>Policy demands TLSA records that vouch for the certificate, and DNSSEC vouches for none.</summary>
    TlsaMissing,

    /// <summary>TLSA records would decide, and the DNS did not say what they are; so it is, too, where signatures are false or expired.</summary>
    TlsaUnavailable,

    /// <summary>There are TLSA records that DNSSEC vouches for, and none of them matches.</summary>
    TlsaMismatch,

    /// <summary>A trusted chain and a matching identity, or what policy takes in their place.</summary>
    Valid,
}

/// <summary>Texts of <see cref="CertificateVerdict"/>.</summary>
internal static class CertificateVerdicts
{
    /// <summary>Why a stream ends that needs a proven name; null: the name is proven.</summary>
    public static StreamEndReason? EndReason(this CertificateVerdict verdict) => verdict switch
    {
        CertificateVerdict.Valid => null,
        CertificateVerdict.Untrusted => StreamEndReason.CertificateUntrusted,
        CertificateVerdict.WrongName => StreamEndReason.CertificateWrongName,
        CertificateVerdict.PinMismatch => StreamEndReason.CertificatePinMismatch,
        CertificateVerdict.KeyChanged => StreamEndReason.CertificateKeyChanged,
        CertificateVerdict.TlsaMissing => StreamEndReason.CertificateTlsaMissing,
        CertificateVerdict.TlsaUnavailable => StreamEndReason.CertificateTlsaUnavailable,
        CertificateVerdict.TlsaMismatch => StreamEndReason.CertificateTlsaMismatch,
        _ => StreamEndReason.CertificateMissing,
    };
}

/// <summary>The peer's certificate as the TLS handshake left it.</summary>
public interface IPeerCertificate
{
    /// <summary>The version of TLS that was agreed on.</summary>
    TlsVersion Version { get; }

    /// <summary>Judges the certificate for a domain, at the time of the call.</summary>
    CertificateVerdict Proves(DomainName domain);
}
