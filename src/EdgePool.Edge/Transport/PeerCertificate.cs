using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Sasl;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Transport;

/// <summary>
/// What the peer showed in its TLS handshake. Judged only when a domain is claimed, for the roots depend on who that is; nothing that a certificate
/// names is ever fetched.
/// </summary>
internal sealed class PeerCertificate : IPeerCertificate
{
    /// <summary>id-kp-serverAuth: an S2S certificate proves the name of a server, also when that server is the TLS client.</summary>
    private static readonly Oid ServerAuth = new("1.3.6.1.5.5.7.3.1");

    private readonly X509Certificate2? leaf;
    private readonly X509Certificate2Collection intermediates;
    private readonly Func<DomainName, TrustAnchors> trustFor;
    private readonly TimeProvider time;
    private readonly Dictionary<TrustAnchors, bool> chains = new(ReferenceEqualityComparer.Instance);

    public PeerCertificate(X509Certificate2? leaf, X509Certificate2Collection intermediates, Func<DomainName, TrustAnchors> trustFor, TimeProvider time)
        => (this.leaf, this.intermediates, this.trustFor, this.time) = (leaf, intermediates, trustFor, time);

    public CertificateVerdict Proves(DomainName domain)
    {
        if (leaf is null)
            return CertificateVerdict.None;
        var trust = trustFor(domain);
        if (!chains.TryGetValue(trust, out var trusted))
            chains.Add(trust, trusted = IsTrusted(trust));
        if (!trusted)
            return CertificateVerdict.Untrusted;
        return CertificateIdentity.Matches(leaf, domain) ? CertificateVerdict.Valid : CertificateVerdict.WrongName;
    }

    /// <summary>True when the chain ends in one of these roots, whatever the name.</summary>
    public bool EndsIn(TrustAnchors roots) => leaf is not null && IsTrusted(roots);

    /// <summary>A policy that does not touch the network, whatever the certificate says.</summary>
    public static X509ChainPolicy OfflinePolicy(DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = now.UtcDateTime,
            VerificationTimeIgnored = false,
        };
        policy.ApplicationPolicy.Add(ServerAuth);
        return policy;
    }

    private bool IsTrusted(TrustAnchors trust)
        => (trust.Roots.Count > 0 && Builds(trust.Roots)) || (trust.System && Builds(roots: null));

    private bool Builds(IReadOnlyList<X509Certificate2>? roots)
    {
        using var chain = new X509Chain { ChainPolicy = OfflinePolicy(time.GetUtcNow()) };
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        if (roots is not null)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(roots.ToArray());
        }

        try
        {
            return chain.Build(leaf!);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
