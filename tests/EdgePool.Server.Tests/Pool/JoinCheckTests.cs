using System.Net;
using System.Net.Sockets;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Secrets;
using EdgePool.Server.Configuration;
using EdgePool.Server.Pool;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Server.Tests.Pool;

/// <summary>What would keep a node from joining, each by itself.</summary>
public sealed class JoinCheckTests
{
    private static readonly SecretKeys Keys = SecretKeys.Parse(SecretKeys.Write(new byte[SecretKeys.Bytes]), out _)!;

    private readonly VirtualTimeProvider time = new();

    [Fact]
    public async Task Run_NothingInTheWay_FindsNothing()
    {
        await using var store = new EmbeddedCoordinator(time);
        await PutAsync(store, new NodeRecord("b", "pool", "b", "1", "127.0.0.1:1") { Started = time.GetUtcNow() });
        await new SecretStore(store, Keys).WriteAsync(PoolSecrets.Name, "secret", over: 0, default);

        var findings = await Check(store).RunAsync(default);

        Assert.All(findings, finding => Assert.Null(finding.Problem));
        Assert.Equal("etcd answers; 1 nodes are in pool pool", findings[0].What);
    }

    [Fact]
    public async Task Run_EachObstacle_IsSaidWithARemedy()
    {
        await using var store = new EmbeddedCoordinator(time);
        await PutAsync(store, new NodeRecord("a", "elsewhere", "x", "1", "10.0.0.9:1") { Started = time.GetUtcNow() });
        await PutAsync(store, new NodeRecord("b", "pool", "b", "1", "127.0.0.1:0") { Started = time.GetUtcNow().AddSeconds(90) });
        var other = new byte[SecretKeys.Bytes];
        other[0] = 1;
        await new SecretStore(store, SecretKeys.Parse(SecretKeys.Write(other), out _)!).WriteAsync(PoolSecrets.Name, "secret", over: 0, default);

        var problems = (await Check(store).RunAsync(default)).Select(finding => finding.Problem).OfType<string>().ToList();

        Assert.Equal(4, problems.Count);
        Assert.StartsWith("a is in pool elsewhere now, at 10.0.0.9:1 — ", problems[0], StringComparison.Ordinal);
        Assert.StartsWith("127.0.0.1:0 is where b is reached — ", problems[1], StringComparison.Ordinal);
        Assert.StartsWith("this clock is behind that of b by 90 s or more — ", problems[2], StringComparison.Ordinal);
        Assert.StartsWith("the secret 'dialback' in the store is sealed under the key ", problems[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_PortInUse_IsSaid()
    {
        await using var store = new EmbeddedCoordinator(time);
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen(1);

        var findings = await Check(store, (IPEndPoint)taken.LocalEndPoint!).RunAsync(default);

        Assert.StartsWith($"this machine cannot listen on {taken.LocalEndPoint}: AddressAlreadyInUse — ", findings[2].Problem, StringComparison.Ordinal);
    }

    private JoinCheck Check(ICoordinator store, IPEndPoint? peer = null)
        => new(store, "a", new ClusterSettings("pool", peer ?? new IPEndPoint(IPAddress.Loopback, 0), new EtcdOptions { Endpoints = [] }, Keys), time);

    private static async Task PutAsync(EmbeddedCoordinator store, NodeRecord record)
    {
        var json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(record, System.Text.Json.JsonSerializerOptions.Web);
        await store.CommitAsync([], [new KeyChange(NodeRecord.KeyOf(record.Pool, record.Name), json)], default);
    }
}
