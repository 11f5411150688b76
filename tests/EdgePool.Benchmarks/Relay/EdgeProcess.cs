using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Server.Demo.Peers;

namespace EdgePool.Benchmarks.Relay;

/// <summary>What the edge's process has used so far.</summary>
/// <param name="Cpu">User and system time.</param>
/// <param name="ResidentBytes">Resident memory.</param>
internal sealed record ProcessUse(TimeSpan Cpu, long ResidentBytes);

/// <summary>The edge as operators run it: <c>edgepool run</c> in a process of its own.</summary>
internal sealed class EdgeProcess : IAsyncDisposable
{
    public const string Local = "contoso.example";
    public const string Secret = "the secret of the component";

    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly Task<string> errors;
    private readonly string folder;

    private EdgeProcess(Process process, string folder, IPEndPoint s2s, IPEndPoint inside)
    {
        (this.process, this.folder, S2S, Inside) = (process, folder, s2s, inside);
        errors = process.StandardError.ReadToEndAsync();
    }

    public IPEndPoint S2S { get; }

    public IPEndPoint Inside { get; }

    public static async Task<EdgeProcess> StartAsync(DemoCertificates certificates, IPEndPoint names, IEnumerable<string> partners)
    {
        var home = Directory.CreateTempSubdirectory("edgepool-relay-").FullName;
        var (s2s, inside) = FreeEndPoints();
        WriteFiles(home, certificates);
        var config = Path.Combine(home, "edgepool.yaml");
        await File.WriteAllTextAsync(config, Configuration(s2s, inside, names, partners));
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "edgepool.dll"), "run", "--config", config]) { UseShellExecute = false, RedirectStandardError = true };
        var edge = new EdgeProcess(Process.Start(start)!, home, s2s, inside);
        try
        {
            await edge.WaitUntilItListensAsync();
            return edge;
        }
        catch
        {
            await edge.DisposeAsync();
            throw;
        }
    }

    /// <summary>From /proc: CPU in steps of 10 ms.</summary>
    public ProcessUse Use()
    {
        process.Refresh();
        return new ProcessUse(process.TotalProcessorTime, process.WorkingSet64);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        await process.WaitForExitAsync();
        await errors;
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task WaitUntilItListensAsync()
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await probe.ConnectAsync(Inside);
                return;
            }
            catch (SocketException) when (!process.HasExited && Stopwatch.GetElapsedTime(since) < LongestStart)
            {
                await Task.Delay(50);
            }
            catch (SocketException fault)
            {
                throw new InvalidOperationException("the edge does not listen: " + (process.HasExited ? await errors : "it took too long"), fault);
            }
        }
    }

    private static void WriteFiles(string home, DemoCertificates certificates)
    {
        var certificate = certificates.Issue(Local);
        using var key = certificate.GetECDsaPrivateKey()!;
        WritePrivate(home, "edge.pem", certificate.ExportCertificatePem());
        WritePrivate(home, "edge.key", key.ExportPkcs8PrivateKeyPem());
        WritePrivate(home, "ca.pem", certificates.Root.ExportCertificatePem());
        WritePrivate(home, "component.secret", Secret);
    }

    private static void WritePrivate(string home, string name, string text)
    {
        var file = Path.Combine(home, name);
        File.WriteAllText(file, text + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static string Configuration(IPEndPoint s2s, IPEndPoint inside, IPEndPoint names, IEnumerable<string> partners) => string.Create(CultureInfo.InvariantCulture, $$"""
        node: { name: relay-benchmark }
        domains:
          - name: {{Local}}
            backEnd: { component: { secretFile: component.secret } }
        listeners:
          s2s: [ { address: "{{s2s}}" } ]
          internal: [ { address: "{{inside}}", allowPlain: loopback } ]
        certificates: [ { certificate: edge.pem, key: edge.key } ]
        trust: { ca: [ca.pem] }
        dns: { servers: ["{{names}}"] }
        limits: { streamsPerPair: 1000, unauthenticatedPerAddress: 10000 }
        log: { level: warning }
        partners:
        {{string.Join('\n', partners.Select(partner => $"  - domain: {partner}"))}}

        """);

    private static (IPEndPoint S2S, IPEndPoint Inside) FreeEndPoints()
    {
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var second = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        first.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        second.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)first.LocalEndPoint!, (IPEndPoint)second.LocalEndPoint!);
    }
}
