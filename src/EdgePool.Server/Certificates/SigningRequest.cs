using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Server.Certificates;

/// <summary>Certificate signing requests (PKCS #10, RFC 2986).</summary>
internal static class SigningRequest
{
    /// <summary>id-kp-serverAuth.</summary>
    public const string ServerAuth = "1.3.6.1.5.5.7.3.1";

    /// <summary>id-kp-clientAuth.</summary>
    public const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    /// <summary>The request in PEM, signed by the key: with names, key usage and purposes as extensions that are asked for.</summary>
    public static string Create(CertificateOrder order, AsymmetricAlgorithm key)
    {
        var request = Begin(Subject(order.Subject), key);
        request.CertificateExtensions.Add(AlternativeNames.Write(order.Names));
        var usage = X509KeyUsageFlags.DigitalSignature | (key is RSA ? X509KeyUsageFlags.KeyEncipherment : X509KeyUsageFlags.None);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        var purposes = new OidCollection { new Oid(ServerAuth) };
        if (order.ClientAuth)
        {
            purposes.Add(new Oid(ClientAuth));
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(purposes, critical: false));
        return request.CreateSigningRequestPem() + "\n";
    }

    /// <summary>A request read back; null when it is none, or its signature is not its key's.</summary>
    public static CertificateRequest? Read(string pem)
    {
        try
        {
            return CertificateRequest.LoadSigningRequestPem(
                pem, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions, RSASignaturePadding.Pkcs1);
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static CertificateRequest Begin(X500DistinguishedName subject, AsymmetricAlgorithm key) => key switch
    {
        RSA rsa => new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        ECDsa { KeySize: 384 } ec => new CertificateRequest(subject, ec, HashAlgorithmName.SHA384),
        ECDsa ec => new CertificateRequest(subject, ec, HashAlgorithmName.SHA256),
        _ => throw new ArgumentException("RSA or ECDSA", nameof(key)),
    };

    /// <summary>From the country down to the common name, the order that directories and authorities write; the builder takes it from its end.</summary>
    private static X500DistinguishedName Subject(SubjectFields fields)
    {
        var name = new X500DistinguishedNameBuilder();
        Add(fields.CommonName, value => name.AddCommonName(value));
        Add(fields.Unit, value => name.AddOrganizationalUnitName(value));
        Add(fields.Organisation, value => name.AddOrganizationName(value));
        Add(fields.City, value => name.AddLocalityName(value));
        Add(fields.State, value => name.AddStateOrProvinceName(value));
        if (fields.Country is { } country)
        {
            name.AddCountryOrRegion(country);
        }

        return name.Build();

        static void Add(string? value, Action<string> add)
        {
            if (value is not null)
            {
                add(value);
            }
        }
    }
}
