using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>Certificates that no honest authority issues, made by one that the edge trusts.</summary>
internal static class HostileCertificates
{
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";

    /// <summary>A certificate with these alternative names and further extensions, signed by <paramref name="issuer"/>.</summary>
    public static X509Certificate2 Issue(X509Certificate2 issuer, byte[]? alternativeNames, string subject = "CN=nobody", params X509Extension[] extensions)
        => Issue(issuer, alternativeNames, authority: null, subject, extensions);

    /// <summary>An authority of its own below <paramref name="issuer"/>; <paramref name="isAuthority"/> false: a leaf that may not be one.</summary>
    public static X509Certificate2 IssueAuthority(X509Certificate2 issuer, bool isAuthority, params X509Extension[] extensions)
        => Issue(issuer, alternativeNames: null, isAuthority, "CN=authority " + Guid.NewGuid().ToString("N"), extensions);

    /// <summary>dNSName entries, byte by byte as they stand in <paramref name="names"/> (Latin-1).</summary>
    public static byte[] DnsNames(params string[] names)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var name in names)
                writer.WriteOctetString(Encoding.Latin1.GetBytes(name), new Asn1Tag(TagClass.ContextSpecific, 2));
        }

        return writer.Encode();
    }

    /// <summary>One otherName.</summary>
    public static byte[] OtherName(string type, UniversalTagNumber form, string value)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        var explicitZero = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        using (writer.PushSequence())
        using (writer.PushSequence(explicitZero))
        {
            writer.WriteObjectIdentifier(type);
            using (writer.PushSequence(explicitZero))
                writer.WriteCharacterString(form, value);
        }

        return writer.Encode();
    }

    public static X509Extension Usage(params string[] purposes)
    {
        var oids = new OidCollection();
        foreach (var purpose in purposes)
            oids.Add(new Oid(purpose));
        return new X509EnhancedKeyUsageExtension(oids, critical: false);
    }

    /// <summary>Name constraints that permit one domain (RFC 5280 section 4.2.1.10).</summary>
    public static X509Extension Permits(string domain)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true)))
        using (writer.PushSequence())
            writer.WriteCharacterString(UniversalTagNumber.IA5String, domain, new Asn1Tag(TagClass.ContextSpecific, 2));
        return new X509Extension("2.5.29.30", writer.Encode(), critical: true);
    }

    /// <summary>Where issuer, status and revocations are said to be found: everything at one address.</summary>
    public static X509Extension[] Pointers(string uri)
        => [new X509AuthorityInformationAccessExtension([uri], [uri]), CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([uri])];

    /// <summary>A certificate that is good until 2051-01-01, changed in its to-be-signed bytes and signed again.</summary>
    public static X509Certificate2 Reissue(X509Certificate2 issuer, byte[] alternativeNames, Action<byte[]> change)
    {
        using var good = Issue(issuer, alternativeNames, authority: null, "CN=x", [], until: new DateTimeOffset(2051, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var parts = new AsnReader(good.RawData, AsnEncodingRules.DER).ReadSequence();
        var body = parts.ReadEncodedValue().ToArray();
        change(body);
        using var signing = issuer.GetECDsaPrivateKey()!;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(body);
            writer.WriteEncodedValue(parts.ReadEncodedValue().Span);
            writer.WriteBitString(signing.SignData(body, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }

        using var bare = X509CertificateLoader.LoadCertificate(writer.Encode());
        using var key = good.GetECDsaPrivateKey()!;
        return bare.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 Issue(
        X509Certificate2 issuer, byte[]? alternativeNames, bool? authority, string subject, X509Extension[] extensions, DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var keyUsage = authority is null ? X509KeyUsageFlags.DigitalSignature : X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign;
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority is true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(keyUsage, critical: true));
        if (alternativeNames is not null)
            request.CertificateExtensions.Add(new X509Extension("2.5.29.17", alternativeNames, critical: false));
        foreach (var extension in extensions)
            request.CertificateExtensions.Add(extension);
        if (authority is null && !extensions.Any(e => e is X509EnhancedKeyUsageExtension))
            request.CertificateExtensions.Add(Usage(ServerAuth));
        using var signing = issuer.GetECDsaPrivateKey()!;
        var (notBefore, notAfter) = (new DateTimeOffset(issuer.NotBefore.AddSeconds(1)), new DateTimeOffset(issuer.NotAfter.AddSeconds(-1)));
        using var bare = request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(signing), notBefore, until ?? notAfter, Serial());
        return bare.CopyWithPrivateKey(key);
    }

    // Sixteen bytes that begin neither with a zero nor with a one, so that they stand in the certificate as they are.
    private static byte[] Serial() => [0x40, .. RandomNumberGenerator.GetBytes(15)];
}
