using System.Globalization;
using System.Net;
using EdgePool.Benchmarks.Processes;
using EdgePool.Server.Demo.Peers;

namespace EdgePool.Benchmarks.Relay;

/// <summary>The edge as operators run it: <c>edgepool run</c> in a process of its own.</summary>
internal sealed class EdgeProcess : IAsyncDisposable
{
    public const string Local = "contoso.example";
    public const string Secret = "the secret of the component";

    private readonly MeasuredProcess process;
    private EdgeProcess(MeasuredProcess process, KeyFiles files, IPEndPoint s2s, IPEndPoint inside)
        => (this.process, Files, S2S, Inside) = (process, files, s2s, inside);

    public IPEndPoint S2S { get; }

    public IPEndPoint Inside { get; }

    /// <summary>The keys it runs with: <c>edge</c> is its own.</summary>
    public KeyFiles Files { get; }

    public static async Task<EdgeProcess> StartAsync(DemoCertificates certificates, IPEndPoint names, IEnumerable<string> partners)
    {
        var files = new KeyFiles(certificates, "edgepool-relay-");
        try
        {
            var free = MeasuredProcess.FreeEndPoints(2);
            var (s2s, inside) = (free[0], free[1]);
            files.Issue("edge", Local);
            files.Write("component.secret", Secret);
            files.Write("edgepool.yaml", Configuration(s2s, inside, names, partners));
            string[] arguments = [Path.Combine(AppContext.BaseDirectory, "edgepool.dll"), "run", "--config", files.PathOf("edgepool.yaml")];
            return new EdgeProcess(await MeasuredProcess.StartAsync("the edge", "dotnet", arguments, inside), files, s2s, inside);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>From /proc: CPU in steps of 10 ms.</summary>
    public ProcessUse Use() => process.Use();

    /// <summary>Waits until it takes partners' connections, which is some time after the component has connected.</summary>
    public Task WhenItTakesPartnersAsync() => process.WaitUntilItListensAsync(S2S);

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        Files.Dispose();
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
}
