using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Tests.Configuration;

/// <summary>A temporary folder with every file that the shipped configurations name, and a clock that stands still.</summary>
public sealed class ConfigurationFolder : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public ConfigurationFolder()
    {
        Path = Directory.CreateTempSubdirectory("edgepool-config-").FullName;
        Certificate("edge", ["contoso.example", "chat.contoso.example"], Now.AddDays(-30), Now.AddDays(60));
        Certificate("internal-ca", [], Now.AddDays(-30), Now.AddDays(3650));
        Certificate("partners-ca", [], Now.AddDays(-30), Now.AddDays(3650));
        Write("contoso.secret", "a secret of some length\n", OwnerOnly);
        Write("dialback.secret", "another secret of some length\n", OwnerOnly);
        Write("four.secret", "a secret number one\na secret number two\na secret number three\na secret number four\n", OwnerOnly);
        Write("twice.secret", "a secret number one\na secret number two\na secret number one\n", OwnerOnly);
        Write("gap.secret", "a secret number one\n\na secret number three\n", OwnerOnly);
        Certificate("etcd-ca", [], Now.AddDays(-30), Now.AddDays(3650));
        Certificate("etcd-client", [], Now.AddDays(-30), Now.AddDays(60));
        Write("cluster.key", Convert.ToBase64String(new byte[32]) + "\n", OwnerOnly);
        Environment = new ConfigurationEnvironment(
            new StandingClock(), name => name == "SET_SECRET" ? "a secret from the environment" : null, length => new byte[length])
        {
            ResolvConfFile = Write("resolv.conf", "nameserver 127.0.0.53\n"),
        };
    }

    public string Path { get; }

    internal ConfigurationEnvironment Environment { get; }

    public string Write(string name, string text, UnixFileMode mode = OwnerOnly)
    {
        var file = System.IO.Path.Combine(Path, name);
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, mode);
        return file;
    }

    public void Certificate(string name, string[] domains, DateTimeOffset from, DateTimeOffset until, bool combined = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        foreach (var domain in domains)
        {
            names.AddDnsName(domain);
        }

        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(from, until);
        var pem = certificate.ExportCertificatePem() + "\n";
        Write(name + ".pem", combined ? pem + key.ExportPkcs8PrivateKeyPem() + "\n" : pem);
        Write(name + ".key", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    internal ConfigurationResult Load(string yaml) => ConfigurationLoader.Load(Write("edgepool.yaml", yaml), Environment);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private sealed class StandingClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
