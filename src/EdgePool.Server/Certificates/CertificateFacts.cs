using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Certificates;

/// <summary>What a certificate or a request says, as text that is safe to show. A member that a request cannot have is null there.</summary>
internal sealed record CertificateFacts
{
    private static readonly Dictionary<string, string> PurposeNames = new(StringComparer.Ordinal)
    {
        [SigningRequest.ServerAuth] = "serverAuth",
        [SigningRequest.ClientAuth] = "clientAuth",
        ["1.3.6.1.5.5.7.3.3"] = "codeSigning",
        ["1.3.6.1.5.5.7.3.4"] = "emailProtection",
        ["2.5.29.37.0"] = "anyExtendedKeyUsage",
    };

    public required string Subject { get; init; }

    /// <summary>The alternative names; null: the extension is broken.</summary>
    public required IReadOnlyList<string>? Names { get; init; }

    public string? Issuer { get; init; }

    public string? Serial { get; init; }

    public DateTimeOffset? ValidFrom { get; init; }

    public DateTimeOffset? ValidUntil { get; init; }

    /// <summary>Whole days until it expires, negative afterwards.</summary>
    public int? DaysLeft { get; init; }

    /// <summary>The purposes it names (extended key usage); empty: it names none, so any will do.</summary>
    public required IReadOnlyList<string> Purposes { get; init; }

    /// <summary>Such as <c>RSA 2048</c>.</summary>
    public required string Key { get; init; }

    /// <summary>SHA-256 of the public key (SPKI), hexadecimal.</summary>
    public required string KeyHash { get; init; }

    public string? Signature { get; init; }

    /// <summary>It may issue certificates.</summary>
    public bool IsAuthority { get; init; }

    /// <summary>Of a certificate, at a moment.</summary>
    public static CertificateFacts Of(X509Certificate2 certificate, DateTimeOffset now)
    {
        var until = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
        return new CertificateFacts
        {
            Subject = Name(certificate.SubjectName),
            Names = Texts(AlternativeNames.Read(certificate.Extensions)),
            Issuer = Name(certificate.IssuerName),
            Serial = certificate.SerialNumber.ToLowerInvariant(),
            ValidFrom = new DateTimeOffset(certificate.NotBefore.ToUniversalTime()),
            ValidUntil = until,
            DaysLeft = (int)Math.Floor((until - now).TotalDays),
            Purposes = PurposesOf(certificate.Extensions),
            Key = Keys.Describe(certificate.PublicKey),
            KeyHash = Keys.Hash(certificate.PublicKey),
            Signature = certificate.SignatureAlgorithm.FriendlyName ?? certificate.SignatureAlgorithm.Value,
            IsAuthority = certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority),
        };
    }

    /// <summary>Of a signing request.</summary>
    public static CertificateFacts Of(CertificateRequest request) => new()
    {
        Subject = Name(request.SubjectName),
        Names = Texts(AlternativeNames.Read(request.CertificateExtensions)),
        Purposes = PurposesOf(request.CertificateExtensions),
        Key = Keys.Describe(request.PublicKey),
        KeyHash = Keys.Hash(request.PublicKey),
    };

    /// <summary>The object identifiers of the purposes; empty: none is named.</summary>
    public static IReadOnlyList<string> PurposeOids(IEnumerable<X509Extension> extensions)
        => [.. extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>()).Select(oid => oid.Value ?? "")];

    /// <summary>A distinguished name on one line.</summary>
    public static string Name(X500DistinguishedName name) => Shown.Of(name.Name, 300);

    /// <summary>A day as operators write it.</summary>
    public static string Day(DateTimeOffset when) => when.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static IReadOnlyList<string>? Texts(IReadOnlyList<AlternativeName>? names)
        => names is null ? null : [.. names.Select(name => Shown.Of(name.ToString(), 300))];

    private static List<string> PurposesOf(IEnumerable<X509Extension> extensions)
        => [.. PurposeOids(extensions).Select(oid => PurposeNames.GetValueOrDefault(oid, oid))];
}
