using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Server.Tests.Certificates;

/// <summary>A certificate that is good but for what a test changes, issued by the scene's authority or by its own key.</summary>
internal sealed record CraftedCertificate
{
    public string[] Domains { get; init; } = ["contoso.example", "xn--bcher-kva.example"];

    public Func<AsymmetricAlgorithm> Key { get; init; } = static () => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public X509KeyUsageFlags Usage { get; init; } = X509KeyUsageFlags.DigitalSignature;

    public string[] Purposes { get; init; } = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];

    public bool Authority { get; init; }

    public bool SelfSigned { get; init; }

    public TimeSpan From { get; init; } = TimeSpan.FromDays(-1);

    public TimeSpan Until { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Writes NAME.pem and NAME.key.</summary>
    public CraftedCertificate Place(CertScene scene, string name)
    {
        using var key = Key();
        var request = key is RSA rsa
            ? new CertificateRequest("CN=crafted", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=crafted", (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        Array.ForEach(Domains, names.AddDnsName);
        if (Domains.Length > 0)
        {
            request.CertificateExtensions.Add(names.Build());
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(Authority, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(Usage, critical: true));
        var purposes = new OidCollection();
        Array.ForEach(Purposes, purpose => purposes.Add(new Oid(purpose)));
        if (Purposes.Length > 0)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(purposes, critical: false));
        }

        using var certificate = Sign(scene, request);
        scene.Write(name + ".pem", certificate.ExportCertificatePem() + "\n");
        scene.Write(name + ".key", key.ExportPkcs8PrivateKeyPem() + "\n");
        return this;
    }

    private X509Certificate2 Sign(CertScene scene, CertificateRequest request)
    {
        var now = scene.Clock.GetUtcNow();
        if (SelfSigned)
        {
            return request.CreateSelfSigned(now + From, now + Until);
        }

        var generator = X509SignatureGenerator.CreateForECDsa(scene.Authority.Root.GetECDsaPrivateKey()!);
        return request.Create(scene.Authority.Root.SubjectName, generator, now + From, now + Until, RandomNumberGenerator.GetBytes(16));
    }
}
