using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Written;

namespace EdgePool.Server.Configuration.Files;

/// <summary>Reads root certificates.</summary>
internal sealed class TrustFiles(NamedFiles files, TimeProvider time, ProblemList problems)
{
    /// <summary>The anchors; null, with an error, when a file cannot be used. The machine's roots count unless files are named; <c>system: true</c> adds them.</summary>
    public TrustAnchors? Read(TrustDocument written, string path)
    {
        var roots = new List<X509Certificate2>();
        var whole = true;
        for (var i = 0; i < written.Files.Count; i++)
        {
            whole &= Add(roots, written.Files[i], string.Create(CultureInfo.InvariantCulture, $"{path}.ca[{i}]"));
        }

        var system = written.System ?? written.Files.Count == 0;
        if (!system && written.Files.Count == 0)
        {
            problems.Error(path, "this trusts nobody", "list files under ca, or write system: true");
            return null;
        }

        return whole ? new TrustAnchors(system, roots) : null;
    }

    private bool Add(List<X509Certificate2> roots, string name, string path)
    {
        if (files.Read(name, path, secret: false) is not { } pem)
        {
            return false;
        }

        if (PemCertificates.TryRead(pem) is not { Count: > 0 } certificates)
        {
            problems.Error(path, $"{Shown.Of(name)} holds no certificate in PEM", "name a file with -----BEGIN CERTIFICATE----- in it");
            return false;
        }

        foreach (var root in certificates.Where(root => root.NotAfter.ToUniversalTime() < time.GetUtcNow().UtcDateTime))
        {
            problems.Warn(path, $"the certificate {Shown.Of(root.Subject)} in {Shown.Of(name)} has expired", "replace it: chains that end in it are not trusted");
        }

        roots.AddRange(certificates);
        return true;
    }
}

/// <summary>Certificates in PEM.</summary>
internal static class PemCertificates
{
    /// <summary>All certificates of a text in their order; null when one of them is broken.</summary>
    public static IReadOnlyList<X509Certificate2>? TryRead(string pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
            return [.. certificates];
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
