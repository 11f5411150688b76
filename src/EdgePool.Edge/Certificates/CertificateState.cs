using System.Security.Cryptography;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Certificates;

/// <summary>What there is to say of our own certificates at one moment.</summary>
/// <param name="InForce">Those that new handshakes take, the default first.</param>
/// <param name="Since">Since when.</param>
/// <param name="Refused">Others were offered since and refused; null: those in force are the last that were offered.</param>
public sealed record CertificateState(IReadOnlyList<OwnCertificate> InForce, DateTimeOffset Since, CertificateRefusal? Refused);

/// <summary>Certificates that were not taken.</summary>
/// <param name="At">When.</param>
/// <param name="Reasons">Everything that is wrong with them.</param>
public sealed record CertificateRefusal(DateTimeOffset At, IReadOnlyList<string> Reasons);

/// <summary>One certificate of ours in force.</summary>
/// <param name="Subject">Its subject.</param>
/// <param name="Issuer">Who issued it.</param>
/// <param name="KeyHash">SHA-256 of its public key (SPKI), hexadecimal.</param>
/// <param name="Domains">The local domains that it proves.</param>
/// <param name="ValidFrom">From when on.</param>
/// <param name="ValidUntil">Until when.</param>
/// <param name="Expiry">How near that is.</param>
public sealed record OwnCertificate(
    string Subject, string Issuer, string KeyHash, IReadOnlyList<DomainName> Domains, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil, CertificateExpiry Expiry)
{
    /// <summary>Whole days until then; below zero: since then.</summary>
    public int DaysLeft { get; init; }

    internal static OwnCertificate Of(EdgeCertificate ours, IEnumerable<LocalDomain> locals, DateTimeOffset now)
        => new(
            ours.Certificate.Subject,
            ours.Certificate.Issuer,
            Convert.ToHexStringLower(SHA256.HashData(ours.Certificate.PublicKey.ExportSubjectPublicKeyInfo())),
            [.. locals.Select(local => local.Name).Where(ours.Proves)],
            new DateTimeOffset(ours.Certificate.NotBefore.ToUniversalTime()),
            ours.ValidUntil,
            CertificateExpiries.At(ours.ValidUntil, now))
        {
            DaysLeft = (int)Math.Floor((ours.ValidUntil - now).TotalDays),
        };
}
