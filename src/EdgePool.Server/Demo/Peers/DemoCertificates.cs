using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Edge;
using EdgePool.Policy.Partners;

namespace EdgePool.Server.Demo.Peers;

/// <summary>A certificate authority that lives in memory, and the certificates of the demo's domains: ECDSA P-256, valid for longer than the node warns of.</summary>
internal sealed class DemoCertificates : IDisposable
{
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    private static readonly TimeSpan Before = TimeSpan.FromHours(1);
    private static readonly TimeSpan After = TimeSpan.FromDays(31);

    private readonly List<X509Certificate2> made = [];
    private readonly DateTimeOffset now;

    public DemoCertificates(TimeProvider time)
    {
        now = time.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=EdgePool demo authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        Root = request.CreateSelfSigned(now - Before, now + After);
    }

    /// <summary>The root with its key.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>The root as what a peer's certificate must end in.</summary>
    public TrustAnchors Trust => new(System: false, [Root]);

    /// <summary>A certificate with its key for these domains.</summary>
    public X509Certificate2 Issue(params IReadOnlyList<string> domains)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={domains[0]}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var domain in domains)
        {
            names.AddDnsName(domain);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuth), new Oid(ClientAuth)], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Root, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var bare = request.Create(Root, now - Before, now + After, RandomNumberGenerator.GetBytes(16));
        var certificate = bare.CopyWithPrivateKey(key);
        made.Add(certificate);
        return certificate;
    }

    /// <summary>A certificate as the node takes it.</summary>
    public EdgeCertificate ForEdge(string domain) => new(Issue(domain), []);

    /// <summary>A certificate as a TLS handshake takes it.</summary>
    public SslStreamCertificateContext ForHandshake(string domain) => SslStreamCertificateContext.Create(Issue(domain), additionalCertificates: null, offline: true);

    /// <summary>Chains end in the demo's root or nowhere, and nothing is fetched.</summary>
    public X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(Root);
        return policy;
    }

    public void Dispose()
    {
        made.ForEach(certificate => certificate.Dispose());
        Root.Dispose();
    }
}
