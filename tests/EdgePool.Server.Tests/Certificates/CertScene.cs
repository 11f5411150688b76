using System.CommandLine;
using System.Diagnostics;
using EdgePool.Server.Cli.Certificates;
using EdgePool.Server.Configuration;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Server.Tests.Certificates;

/// <summary>A folder with a node's file, an authority, and the commands of <c>edgepool cert</c> as an operator types them. Nothing waits; the clock begins now.</summary>
public sealed class CertScene : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public CertScene()
    {
        Path = Directory.CreateTempSubdirectory("edgepool-cert-").FullName;
        Config = Write("edgepool.yaml", """
            node: { name: edge-1 }
            domains:
              - { name: contoso.example, backEnd: { component: { secretFile: contoso.secret } } }
              - { name: bücher.example, backEnd: { component: { secretFile: contoso.secret } } }
            listeners:
              s2s: [ { address: "127.0.0.1:0" } ]
              internal: [ { address: "127.0.0.1:0", allowPlain: loopback } ]
            readiness: { refuse: false }
            certificates: [ { certificate: edge.pem, key: edge.key } ]
            dns: { servers: ["127.0.0.1:9"] }
            partners: [ { domain: partner.example, saslNegotiation: Optional } ]
            """);
        Write("contoso.secret", "a secret of some length\n");
    }

    public string Path { get; }

    /// <summary>The node's file: contoso.example and bücher.example, with edge.pem and edge.key, which are not there.</summary>
    public string Config { get; }

    public TestCertificateAuthority Authority { get; } = new();

    public VirtualTimeProvider Clock { get; } = new(DateTimeOffset.UtcNow);

    internal ConfigurationEnvironment Environment => new(Clock, _ => null, length => new byte[length]);

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Read(string name) => System.IO.File.ReadAllText(File(name));

    public string Write(string name, string text, UnixFileMode mode = OwnerOnly)
    {
        System.IO.File.WriteAllText(File(name), text);
        System.IO.File.SetUnixFileMode(File(name), mode);
        return File(name);
    }

    /// <summary>Puts an issued certificate with its chain and its key into the folder as NAME.pem and NAME.key.</summary>
    public void Place(IssuedCertificate issued, string name)
    {
        Write(name + ".pem", System.IO.File.ReadAllText(issued.CertificateFile));
        Write(name + ".key", System.IO.File.ReadAllText(issued.KeyFile));
    }

    /// <summary>Runs <c>edgepool cert</c> with the words of a line; <c>@</c> stands for the folder.</summary>
    public (int Code, string Output, string Error) Run(string line)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var root = new RootCommand { CertCommand.Create(Environment) };
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word is "@" ? Path : word.Replace("@/", Path + "/", StringComparison.Ordinal));
        var code = root.Parse(["cert", .. words]).Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>The same, where success is expected.</summary>
    public string Do(string line)
    {
        var (code, output, error) = Run(line);
        Assert.True(code == 0, $"{code}: {error}{output}");
        return output;
    }

    /// <summary>What openssl says; it must end with success.</summary>
    public string OpenSsl(params string[] words)
    {
        var start = new ProcessStartInfo("openssl") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path };
        foreach (var word in words)
        {
            start.ArgumentList.Add(word);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output + error.Result;
    }

    public void Dispose()
    {
        Authority.Dispose();
        Directory.Delete(Path, recursive: true);
    }
}
