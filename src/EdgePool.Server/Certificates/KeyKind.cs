using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Server.Certificates;

/// <summary>The keys that a certificate may be asked for with: those that every partner's TLS takes.</summary>
internal enum KeyKind
{
    /// <summary>RSA of 2048 bits, the default.</summary>
    Rsa2048,

    /// <summary>RSA of 3072 bits.</summary>
    Rsa3072,

    /// <summary>RSA of 4096 bits: a handshake costs six times that of 2048.</summary>
    Rsa4096,

    /// <summary>ECDSA on P-256: the cheapest handshake.</summary>
    P256,

    /// <summary>ECDSA on P-384.</summary>
    P384,
}

/// <summary>Making keys and naming them.</summary>
internal static class Keys
{
    private const string RsaOid = "1.2.840.113549.1.1.1";
    private const string EcOid = "1.2.840.10045.2.1";

    /// <summary>The words for the kinds, as an operator writes them.</summary>
    public static IReadOnlyDictionary<string, KeyKind> Words { get; } = new Dictionary<string, KeyKind>(StringComparer.OrdinalIgnoreCase)
    {
        ["rsa2048"] = KeyKind.Rsa2048,
        ["rsa3072"] = KeyKind.Rsa3072,
        ["rsa4096"] = KeyKind.Rsa4096,
        ["p256"] = KeyKind.P256,
        ["p384"] = KeyKind.P384,
    };

    /// <summary>A new key.</summary>
    public static AsymmetricAlgorithm Create(KeyKind kind) => kind switch
    {
        KeyKind.Rsa2048 => RSA.Create(2048),
        KeyKind.Rsa3072 => RSA.Create(3072),
        KeyKind.Rsa4096 => RSA.Create(4096),
        KeyKind.P256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        KeyKind.P384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>What kind of key it is, for people: <c>RSA 2048</c>, <c>EC P-256</c>.</summary>
    public static string Describe(PublicKey key)
    {
        switch (key.Oid.Value)
        {
            case RsaOid:
                using (var rsa = key.GetRSAPublicKey())
                {
                    return string.Create(CultureInfo.InvariantCulture, $"RSA {rsa?.KeySize ?? 0}");
                }

            case EcOid:
                return "EC " + Curve(key);
            default:
                return key.Oid.FriendlyName ?? key.Oid.Value ?? "unknown";
        }
    }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo, the name under which partners pin a key: 64 hexadecimal digits.</summary>
    public static string Hash(PublicKey key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    private static string Curve(PublicKey key)
    {
        try
        {
            using var ec = key.GetECDsaPublicKey();
            return ec?.ExportParameters(includePrivateParameters: false).Curve.Oid.Value switch
            {
                "1.2.840.10045.3.1.7" => "P-256",
                "1.3.132.0.34" => "P-384",
                "1.3.132.0.35" => "P-521",
                { } other => other,
                null => "curve without a name",
            };
        }
        catch (CryptographicException)
        {
            return "unknown curve";
        }
    }
}
