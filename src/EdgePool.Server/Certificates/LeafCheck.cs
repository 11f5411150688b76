using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Server.Configuration.Files;

namespace EdgePool.Server.Certificates;

/// <summary>What our own certificate says of itself: dates, key, signature, purposes, names. Pure.</summary>
internal static class LeafCheck
{
    private const int SmallestRsa = 2048;
    private const string AnyPurpose = "2.5.29.37.0";

    /// <summary>md5WithRSA, sha1WithRSA, dsaWithSha1, ecdsaWithSha1.</summary>
    private static readonly HashSet<string> WeakSignatures = new(
        ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10040.4.3", "1.2.840.10045.4.1"],
        StringComparer.Ordinal);

    /// <summary>Looks at everything.</summary>
    public static void Run(X509Certificate2 leaf, DateTimeOffset now, Findings findings)
    {
        Dates(leaf, now, findings);
        Strength(leaf, findings);
        if (Keys.Describe(leaf.PublicKey) is "EC P-521")
        {
            findings.Warn(CertificateRule.OddKey, "its key is EC P-521, which not every partner's TLS takes", "take RSA, or EC on P-256 or P-384");
        }

        Purposes(leaf, findings);
        if (AlternativeNames.Read(leaf.Extensions) is not { Count: > 0 } names)
        {
            findings.Error(
                CertificateRule.NoNames,
                "it has no alternative names that can be read, and nobody looks at the common name",
                "have it issued with each domain as DNS name: edgepool cert request");
        }
        else if (names.Count == AlternativeNames.Most)
        {
            findings.Warn(
                CertificateRule.NoNames,
                $"it has {AlternativeNames.Most} names or more, and partners read no more",
                "spread the domains over several certificates");
        }
    }

    /// <summary>
    /// Strong enough for TLS libraries, which say so only in a handshake: the key of any certificate of the chain, and its signature unless it is a root's or our own
    /// (measured with OpenSSL 3.0 at its default security level).
    /// </summary>
    public static void Strength(X509Certificate2 certificate, Findings findings)
    {
        var (name, key) = (CertificateFacts.Name(certificate.SubjectName), Keys.Describe(certificate.PublicKey));
        using var rsa = certificate.GetRSAPublicKey();
        if (rsa is { KeySize: < SmallestRsa and var size })
        {
            findings.Error(
                CertificateRule.SmallKey,
                string.Create(CultureInfo.InvariantCulture, $"the key of {name} has {size} bits, which TLS libraries refuse"),
                "have it issued with a key of 2048 bits or more: edgepool cert request");
        }
        else if (rsa is null && key is not ("EC P-256" or "EC P-384" or "EC P-521"))
        {
            findings.Error(CertificateRule.OddKey, $"the key of {name} is {key}, which TLS libraries do not negotiate", "take RSA, or EC on P-256 or P-384");
        }

        if (!ChainOrder.IsSelfIssued(certificate) && WeakSignatures.Contains(certificate.SignatureAlgorithm.Value ?? ""))
        {
            findings.Error(
                CertificateRule.WeakSignature,
                $"{name} is signed with {certificate.SignatureAlgorithm.FriendlyName}, which TLS libraries refuse",
                "have it issued anew with SHA-256");
        }
    }

    private static void Dates(X509Certificate2 leaf, DateTimeOffset now, Findings findings)
    {
        var facts = CertificateFacts.Of(leaf, now);
        var (from, until) = (facts.ValidFrom!.Value, facts.ValidUntil!.Value);
        if (now > until)
        {
            findings.Error(CertificateRule.Expired, $"it expired on {CertificateFacts.Day(until)}", "renew it");
        }
        else if (now < from)
        {
            findings.Error(
                CertificateRule.NotYetValid,
                $"it is valid from {CertificateFacts.Day(from)} only",
                "wait until then, or correct this machine's clock");
        }
        else if (until - now < CertificateFiles.ExpiryWarning)
        {
            findings.Warn(
                CertificateRule.ExpiresSoon,
                $"it expires on {CertificateFacts.Day(until)} ({CertificateText.Left(facts.DaysLeft!.Value)})",
                "renew it: edgepool cert request");
        }
    }

    private static void Purposes(X509Certificate2 leaf, Findings findings)
    {
        var purposes = CertificateFacts.PurposeOids(leaf.Extensions);
        if (purposes.Count > 0 && !purposes.Contains(SigningRequest.ServerAuth, StringComparer.Ordinal))
        {
            if (purposes.Contains(AnyPurpose, StringComparer.Ordinal))
            {
                findings.Warn(
                    CertificateRule.NotForServers,
                    "it is for any purpose without naming serverAuth, which many partners refuse",
                    "have it issued as a TLS server certificate");
            }
            else
            {
                findings.Error(
                    CertificateRule.NotForServers,
                    "it is not for servers (no serverAuth in its extended key usage): partners refuse it",
                    "have it issued as a TLS server certificate");
            }
        }

        if (leaf.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is { } usage && !usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature))
        {
            findings.Error(
                CertificateRule.NoDigitalSignature,
                "its key usage leaves digital signatures out, so no handshake with forward secrecy can use it",
                "have it issued with digitalSignature");
        }

        if (leaf.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority))
        {
            findings.Warn(
                CertificateRule.IsAuthority,
                "it may issue certificates (CA:TRUE), which a server's must not",
                "have it issued as a TLS server certificate");
        }
    }
}
