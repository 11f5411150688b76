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
    private readonly IReadOnlyList<byte[]> intermediates;
    private readonly Func<DomainName, TrustAnchors> trustFor;
    private readonly TimeProvider time;
    private (TrustAnchors Trust, bool Trusted)? judged;
    private (DomainName Domain, TrustAnchors Trust, CertificateVerdict Verdict)? last;

    /// <param name="leaf">The peer's certificate; it belongs to the TLS stream. Null: it showed none.</param>
    /// <param name="intermediates">What else the peer sent, DER.</param>
    /// <param name="judged">What the handshake found of the chain already, and for which roots.</param>
    /// <param name="trustFor">The roots for a domain that the peer claims.</param>
    /// <param name="time">Certificates are valid by the clock.</param>
    public PeerCertificate(
        X509Certificate2? leaf,
        IReadOnlyList<byte[]> intermediates,
        (TrustAnchors Trust, bool Trusted)? judged,
        Func<DomainName, TrustAnchors> trustFor,
        TimeProvider time)
        => (this.leaf, this.intermediates, this.judged, this.trustFor, this.time) = (leaf, intermediates, judged, trustFor, time);

    public CertificateVerdict Proves(DomainName domain)
    {
        if (leaf is null)
            return CertificateVerdict.None;
        if (time.GetUtcNow().UtcDateTime > leaf.NotAfter.ToUniversalTime())
            return CertificateVerdict.Untrusted;
        var trust = trustFor(domain);
        if (last is not { } said || !said.Domain.Equals(domain) || !Roots.Same(said.Trust, trust))
            last = said = (domain, trust, Judge(leaf, domain, trust));
        return said.Verdict;
    }

    private CertificateVerdict Judge(X509Certificate2 certificate, DomainName domain, TrustAnchors trust)
    {
        if (!EndsIn(trust))
            return CertificateVerdict.Untrusted;
        return CertificateIdentity.Matches(certificate, domain) ? CertificateVerdict.Valid : CertificateVerdict.WrongName;
    }

    /// <summary>True when the chain ends in one of these roots, whatever the name.</summary>
    public bool EndsIn(TrustAnchors roots)
    {
        if (leaf is null)
            return false;
        if (judged is not { } known || !Roots.Same(known.Trust, roots))
            judged = known = (roots, (roots.Roots.Count > 0 && Builds(leaf, roots, system: false)) || (roots.System && Builds(leaf, roots, system: true)));
        return known.Trusted;
    }

    /// <summary>
    /// How chains are built: as those of servers, also when the peer is the TLS client, and without touching the network, whatever a certificate says.
    /// </summary>
    /// <param name="trust">Where they may end.</param>
    /// <param name="system">In the machine's store; else in the further roots. The platform takes one or the other.</param>
    /// <param name="now">When they must be valid.</param>
    public static X509ChainPolicy ChainPolicy(TrustAnchors trust, bool system, DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = now.UtcDateTime,
            VerificationTimeIgnored = false,
            TrustMode = system ? X509ChainTrustMode.System : X509ChainTrustMode.CustomRootTrust,
        };
        policy.ApplicationPolicy.Add(ServerAuth);
        if (!system)
            policy.CustomTrustStore.AddRange(trust.Roots.ToArray());
        return policy;
    }

    private bool Builds(X509Certificate2 certificate, TrustAnchors trust, bool system)
    {
        using var chain = new X509Chain { ChainPolicy = ChainPolicy(trust, system, time.GetUtcNow()) };
        foreach (var sent in intermediates)
            chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(sent));
        try
        {
            return chain.Build(certificate);
        }
        catch (CryptographicException)
        {
            return false;
        }
        finally
        {
            foreach (var sent in chain.ChainPolicy.ExtraStore)
                sent.Dispose();
        }
    }
}
