using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EdgePool.Server.Certificates;

/// <summary>What a certificate authority sends: certificates in PEM, one in DER, or a PKCS #7 bag (RFC 2315, certs-only) in either.</summary>
internal static class AuthorityAnswer
{
    private const int Most = 100;
    private const string SignedData = "1.2.840.113549.1.7.2";

    /// <summary>The certificates in the order of the file, at most 100; empty: there is none in it, or one of them is broken.</summary>
    public static IReadOnlyList<X509Certificate2> Read(byte[] bytes)
    {
        try
        {
            var text = Encoding.Latin1.GetString(bytes);
            var found = text.Contains("-----BEGIN", StringComparison.Ordinal) ? OfPem(text) : OfDer(bytes);
            return found.Count > Most ? [] : found;
        }
        catch (Exception fault) when (fault is CryptographicException or AsnContentException or ArgumentException or FormatException)
        {
            return [];
        }
    }

    private static List<X509Certificate2> OfPem(string text)
    {
        var found = new List<X509Certificate2>();
        var rest = text.AsSpan();
        while (found.Count <= Most && PemEncoding.TryFind(rest, out var fields))
        {
            var data = Convert.FromBase64String(rest[fields.Base64Data].ToString());
            switch (rest[fields.Label])
            {
                case "CERTIFICATE" or "X509 CERTIFICATE" or "TRUSTED CERTIFICATE":
                    found.Add(X509CertificateLoader.LoadCertificate(data));
                    break;
                case "PKCS7" or "CMS":
                    found.AddRange(OfBag(data));
                    break;
            }

            rest = rest[fields.Location.End..];
        }

        return found;
    }

    private static List<X509Certificate2> OfDer(byte[] bytes)
    {
        try
        {
            return [X509CertificateLoader.LoadCertificate(bytes)];
        }
        catch (CryptographicException)
        {
            return [.. OfBag(bytes)];
        }
    }

    // ContentInfo ::= SEQUENCE { contentType OID signedData, content [0] EXPLICIT SEQUENCE { version, digestAlgorithms, contentInfo, certificates [0] SET OF … } }
    private static List<X509Certificate2> OfBag(byte[] data)
    {
        var explicitZero = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        var content = new AsnReader(data, AsnEncodingRules.BER).ReadSequence();
        if (!string.Equals(content.ReadObjectIdentifier(), SignedData, StringComparison.Ordinal))
        {
            return [];
        }

        var signed = content.ReadSequence(explicitZero).ReadSequence();
        signed.ReadInteger();
        signed.ReadSetOf();
        signed.ReadSequence();
        var found = new List<X509Certificate2>();
        if (!signed.HasData || !signed.PeekTag().HasSameClassAndValue(explicitZero))
        {
            return found;
        }

        var bag = signed.ReadSetOf(skipSortOrderValidation: true, explicitZero);
        while (bag.HasData && found.Count <= Most)
        {
            found.Add(X509CertificateLoader.LoadCertificate(bag.ReadEncodedValue().Span));
        }

        return found;
    }
}
