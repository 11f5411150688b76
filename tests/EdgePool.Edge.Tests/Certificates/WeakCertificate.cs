using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Edge.Tests.Lifecycle;

namespace EdgePool.Edge.Tests.Certificates;

/// <summary>A certificate that is good in all but its key, which OpenSSL refuses as too small once a handshake begins.</summary>
internal static class WeakCertificate
{
    public static EdgeCertificate For(EdgeScene scene, params string[] domains)
    {
        using var key = RSA.Create(1024);
        var request = new CertificateRequest("CN=" + domains[0], key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        Array.ForEach(domains, names.AddDnsName);
        request.CertificateExtensions.Add(names.Build());
        using var issuer = scene.Authority.Root.GetECDsaPrivateKey()!;
        var now = DateTimeOffset.UtcNow;
        using var bare = request.Create(scene.Authority.Root.SubjectName, X509SignatureGenerator.CreateForECDsa(issuer), now.AddDays(-1), now.AddDays(90), RandomNumberGenerator.GetBytes(16));
        return new EdgeCertificate(bare.CopyWithPrivateKey(key), []);
    }
}
