using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Testing.Certificates;

/// <summary>
/// An end-entity certificate with its private key, in memory and as PEM files that only the owner may read.
/// </summary>
public sealed class IssuedCertificate : IDisposable
{
    internal IssuedCertificate(X509Certificate2 certificate, X509Certificate2Collection intermediates, string stem)
    {
        Certificate = certificate;
        Intermediates = intermediates;
        CertificateFile = stem + ".crt.pem";
        KeyFile = stem + ".key.pem";
        CombinedFile = stem + ".pem";
        var chain = string.Join('\n', intermediates.Prepend(certificate).Select(c => c.ExportCertificatePem())) + "\n";
        using var key = certificate.GetECDsaPrivateKey() ?? throw new InvalidOperationException("the certificate has no ECDSA key");
        var keyText = key.ExportPkcs8PrivateKeyPem() + "\n";
        PrivateFile.Write(CertificateFile, chain);
        PrivateFile.Write(KeyFile, keyText);
        PrivateFile.Write(CombinedFile, chain + keyText);
    }

    /// <summary>The certificate with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>What stands between the certificate and the root, nearest first; may be empty.</summary>
    public X509Certificate2Collection Intermediates { get; }

    /// <summary>PEM: the certificate, then its intermediates.</summary>
    public string CertificateFile { get; }

    /// <summary>PEM: the private key (PKCS #8).</summary>
    public string KeyFile { get; }

    /// <summary>PEM: certificate, intermediates and private key in one file, as ejabberd wants it.</summary>
    public string CombinedFile { get; }

    public void Dispose()
    {
        Certificate.Dispose();
        foreach (var certificate in Intermediates)
            certificate.Dispose();
    }
}

/// <summary>Files of mode 0600, whatever the umask.</summary>
public static class PrivateFile
{
    /// <summary>Writes or replaces the file.</summary>
    public static void Write(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.Write(text);
    }
}
