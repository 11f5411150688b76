using System.Security.Cryptography.X509Certificates;
using EdgePool.Server.Demo.Peers;

namespace EdgePool.Benchmarks.Processes;

/// <summary>A temporary folder with certificates and keys as PEM files that only we may read.</summary>
internal sealed class KeyFiles : IDisposable
{
    private readonly DemoCertificates certificates;

    public KeyFiles(DemoCertificates certificates, string prefix)
    {
        this.certificates = certificates;
        Folder = Directory.CreateTempSubdirectory(prefix).FullName;
        Write("ca.pem", certificates.Root.ExportCertificatePem());
    }

    public string Folder { get; }

    public string Authority => PathOf("ca.pem");

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Writes NAME.pem and NAME.key, new ones for these domains.</summary>
    public void Issue(string name, params IReadOnlyList<string> domains)
    {
        var certificate = certificates.Issue(domains);
        using var key = certificate.GetECDsaPrivateKey()!;
        Write(name + ".pem", certificate.ExportCertificatePem());
        Write(name + ".key", key.ExportPkcs8PrivateKeyPem());
    }

    public void Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text + "\n");
        File.SetUnixFileMode(PathOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
