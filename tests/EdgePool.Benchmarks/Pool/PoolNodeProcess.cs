using System.Globalization;
using System.Net;
using EdgePool.Benchmarks.Processes;
using EdgePool.Cluster.Etcd;

namespace EdgePool.Benchmarks.Pool;

/// <summary>A node of a pool as operators run it: <c>edgepool run</c> in a process of its own.</summary>
internal sealed class PoolNodeProcess : IAsyncDisposable
{
    private readonly MeasuredProcess process;

    private PoolNodeProcess(MeasuredProcess process, IPEndPoint s2s, IPEndPoint inside) => (this.process, S2S, Inside) = (process, s2s, inside);

    public IPEndPoint S2S { get; }

    public IPEndPoint Inside { get; }

    /// <param name="number">From 1.</param>
    /// <param name="files">With the keys <c>edge</c>, <c>component.secret</c> and <c>cluster.key</c> of the pool.</param>
    /// <param name="etcd">Where the pool agrees.</param>
    /// <param name="names">The name server.</param>
    public static async Task<PoolNodeProcess> StartAsync(int number, KeyFiles files, EtcdOptions etcd, IPEndPoint names)
    {
        var free = MeasuredProcess.FreeEndPoints(3);
        var file = string.Create(CultureInfo.InvariantCulture, $"edge-{number}.yaml");
        files.Write(file, string.Create(CultureInfo.InvariantCulture, $$"""
            node: { name: edge-{{number}} }
            domains:
              - name: {{PoolScene.Local}}
                backEnd: { component: { secretFile: component.secret } }
            listeners:
              s2s: [ { address: "{{free[0]}}" } ]
              internal: [ { address: "{{free[1]}}", allowPlain: loopback } ]
            certificates: [ { certificate: edge.pem, key: edge.key } ]
            trust: { ca: [ca.pem] }
            dns: { servers: ["{{names}}"] }
            log: { level: warning }
            store: { directory: "{{files.PathOf("n" + number.ToString(CultureInfo.InvariantCulture))}}" }
            cluster:
              pool: bench
              peer: "{{free[2]}}"
              secretKeyFile: cluster.key
              etcd: { endpoints: ["{{etcd.Endpoints[0].GetLeftPart(UriPartial.Authority)}}"] }
            """));
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "edgepool.dll"), "run", "--config", files.PathOf(file)];
        return new PoolNodeProcess(await MeasuredProcess.StartAsync($"node {number}", "dotnet", arguments, free[1]), free[0], free[1]);
    }

    public ProcessUse Use() => process.Use();

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
