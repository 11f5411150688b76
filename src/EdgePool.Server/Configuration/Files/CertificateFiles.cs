using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Edge;
using EdgePool.Server.Certificates;
using EdgePool.Server.Configuration.Written;

namespace EdgePool.Server.Configuration.Files;

/// <summary>Reads our own certificates with their keys, and says what would make partners refuse them.</summary>
internal sealed class CertificateFiles(NamedFiles files, TimeProvider time, ProblemList problems)
{
    /// <summary>Enough for a certificate to be renewed by hand.</summary>
    public static readonly TimeSpan ExpiryWarning = TimeSpan.FromDays(30);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string AnyPurpose = "2.5.29.37.0";

    /// <summary>The certificate; null, with an error, when it cannot be used.</summary>
    public EdgeCertificate? Read(CertificateDocument written, string path)
    {
        if (written.Certificate is not { } name)
        {
            return null;
        }

        var certificatePath = path + ".certificate";
        var certificatePem = files.Read(name, certificatePath, secret: written.Key is null);
        var keyPath = written.Key is null ? certificatePath : path + ".key";
        var keyPem = written.Key is null ? certificatePem : files.Read(written.Key, keyPath, secret: true);
        if (certificatePem is null)
        {
            return null;
        }

        if (PemCertificates.TryRead(certificatePem) is not { Count: > 0 } chain)
        {
            problems.Error(certificatePath, $"{Shown.Of(name)} holds no certificate in PEM", "name a file with -----BEGIN CERTIFICATE----- in it, our own certificate first");
            return null;
        }

        var valid = CheckDates(chain[0], name, certificatePath) & CheckStrength(chain, name, certificatePath);
        CheckPurpose(chain[0], name, certificatePath);
        return keyPem is not null && WithKey(chain[0], keyPem, written.Key ?? name, name, keyPath) is { } leaf && valid
            ? new EdgeCertificate(leaf, [.. chain.Skip(1)])
            : null;
    }

    private bool CheckDates(X509Certificate2 leaf, string name, string path)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var (from, until) = (leaf.NotBefore.ToUniversalTime(), leaf.NotAfter.ToUniversalTime());
        if (now > until)
        {
            problems.Error(path, $"the certificate {Shown.Of(name)} expired on {Day(until)}", "renew it");
            return false;
        }

        if (now < from)
        {
            problems.Error(path, $"the certificate {Shown.Of(name)} is valid from {Day(from)} only", "wait until then, or correct this machine's clock");
            return false;
        }

        if (until - now < ExpiryWarning)
        {
            problems.Warn(path, $"the certificate {Shown.Of(name)} expires on {Day(until)}", "renew it before then");
        }

        return true;
    }

    /// <summary>What the TLS library refuses only when the first partner connects.</summary>
    private bool CheckStrength(IReadOnlyList<X509Certificate2> chain, string name, string path)
    {
        var findings = new Findings(name);
        foreach (var certificate in chain)
        {
            LeafCheck.Strength(certificate, findings);
        }

        foreach (var finding in findings.All)
        {
            problems.Error(path, $"{Shown.Of(name)}: {finding.What}", finding.Remedy);
        }

        return findings.All.Count == 0;
    }

    private void CheckPurpose(X509Certificate2 leaf, string name, string path)
    {
        var purposes = leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>()).ToList();
        if (purposes.Count > 0 && !purposes.Exists(purpose => purpose.Value is ServerAuthentication or AnyPurpose))
        {
            problems.Warn(path, $"the certificate {Shown.Of(name)} is not for servers (no serverAuth in its extended key usage)", "have it issued as a TLS server certificate: partners will refuse this one");
        }
    }

    private X509Certificate2? WithKey(X509Certificate2 leaf, string pem, string keyName, string name, string path)
    {
        switch (PemKeys.Read(leaf, pem, out var withKey))
        {
            case PemKeyFault.None:
                return withKey;
            case PemKeyFault.Absent:
                problems.Error(path, $"{Shown.Of(keyName)} holds no private key in PEM", "write key: PATH with the file that has -----BEGIN PRIVATE KEY----- in it");
                break;
            case PemKeyFault.Encrypted:
                problems.Error(path, $"the key {Shown.Of(keyName)} is encrypted", "store it decrypted, readable by the service alone: openssl pkey -in OLD -out NEW; chmod 600 NEW");
                break;
            case PemKeyFault.Unusable:
                problems.Error(path, $"the key {Shown.Of(keyName)} is neither a usable RSA nor ECDSA key", "make a new key and certificate: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256");
                break;
            case PemKeyFault.Mismatch:
                problems.Error(path, $"the key {Shown.Of(keyName)} does not belong to the first certificate in {Shown.Of(name)}", "name the key it was issued for, and put our own certificate before its intermediates");
                break;
        }

        return null;
    }

    private static string Day(DateTime when) => when.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
