using System.Diagnostics;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Cluster.Tests.Entities;

/// <summary>Nodes that own shards, and write consents as their owners.</summary>
public sealed class ConsentPool(ICoordinator coordinator) : IAsyncDisposable
{
    private readonly CancellationTokenSource ending = new();
    private readonly List<Task> running = [];

    /// <summary>The links of the nodes.</summary>
    public LocalPeers Links { get; } = new();

    /// <summary>The shards of each node.</summary>
    public Dictionary<string, ShardKeeper> Keepers { get; } = [];

    /// <summary>The memberships.</summary>
    public Dictionary<string, Member> Members { get; } = [];

    /// <summary>A contact whose consents a node owns.</summary>
    public string ContactOf(string node, int number = 0)
        => Enumerable.Range(0, int.MaxValue).Select(i => $"bob@r{i}.example").Where(remote => Keepers[node].TokenOf(OwnedConsents.ShardOf(remote)) is not null).ElementAt(number);

    /// <summary>A node joins.</summary>
    public OwnedConsents Join(string node, IOwnedConsents journal)
    {
        var options = new MembershipOptions { KeepAlive = TimeSpan.FromMilliseconds(50) };
        var member = Members[node] = new Member(coordinator, new NodeRecord(node, "pool", node, "1", ""), options, TimeProvider.System, new Random(1));
        var keeper = Keepers[node] = new ShardKeeper(coordinator, member, options, TimeProvider.System);
        running.AddRange([member.RunAsync(ending.Token), keeper.RunAsync(ending.Token)]);
        var consents = new OwnedConsents(journal, keeper, "pool", node);
        consents.Attach(Links.From(node));
        return consents;
    }

    /// <summary>Waits until every node knows the owner of every shard, and each owns some.</summary>
    public Task SettleAsync() => UntilAsync(() => Keepers.Values.All(k => k.Map.Owners.Count == Placement.Shards) && Keepers.Values.Sum(k => k.Count) == Placement.Shards
        && Keepers.All(k => k.Value.Count > 0 && k.Value.Map.Owners.Values.Count(o => o.Node == k.Key) == k.Value.Count));

    /// <summary>Waits until it holds.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        var patience = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(60), "it never came to hold");
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await Task.WhenAll(running);
        ending.Dispose();
    }
}
