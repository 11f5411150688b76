using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Edge.Tests.Transport;

/// <summary>Certificates of any shape, one below the other, for chains that no honest authority issues.</summary>
internal sealed class CertificateChain : IDisposable
{
    public const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    public const string AnyUsage = "2.5.29.37.0";

    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly List<X509Certificate2> issued = [];

    public X509Certificate2 Root(string name = "Odd root") => Keep(Request(name, authority: true, pathLength: null, usages: []).Request.CreateSelfSigned(Now.AddDays(-10), Now.AddDays(100)));

    /// <summary>A certificate below <paramref name="issuer"/>.</summary>
    public X509Certificate2 Below(
        X509Certificate2 issuer, string name, bool authority = false, int? pathLength = null, string? permittedSubtree = null, int daysLeft = 50, params string[] usages)
    {
        var (request, key) = Request(name, authority, pathLength, usages);
        using (key)
        {
            if (!authority)
            {
                var names = new SubjectAlternativeNameBuilder();
                names.AddDnsName(name);
                request.CertificateExtensions.Add(names.Build());
            }

            if (permittedSubtree is not null)
                request.CertificateExtensions.Add(new X509Extension("2.5.29.30", NameConstraints(permittedSubtree), critical: true));
            var generator = X509SignatureGenerator.CreateForECDsa(issuer.GetECDsaPrivateKey()!);
            using var bare = request.Create(issuer.SubjectName, generator, Now.AddDays(-9), Now.AddDays(daysLeft), RandomNumberGenerator.GetBytes(16));
            return Keep(bare.CopyWithPrivateKey(key));
        }
    }

    public void Dispose() => issued.ForEach(certificate => certificate.Dispose());

    private X509Certificate2 Keep(X509Certificate2 certificate)
    {
        issued.Add(certificate);
        return certificate;
    }

    private static (CertificateRequest Request, ECDsa Key) Request(string name, bool authority, int? pathLength, string[] usages)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, pathLength.HasValue, pathLength ?? 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(authority ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature, critical: true));
        if (usages.Length > 0)
        {
            var purposes = new OidCollection();
            foreach (var usage in usages)
                purposes.Add(new Oid(usage));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(purposes, critical: false));
        }

        return (request, key);
    }

    // NameConstraints ::= SEQUENCE { permittedSubtrees [0] SEQUENCE OF SEQUENCE { base GeneralName } } (RFC 5280 section 4.2.1.10).
    private static byte[] NameConstraints(string permitted)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true)))
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.IA5String, permitted, new Asn1Tag(TagClass.ContextSpecific, 2));
        }

        return writer.Encode();
    }
}
