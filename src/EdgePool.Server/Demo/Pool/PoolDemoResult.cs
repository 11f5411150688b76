using System.Text.Json;
using EdgePool.Server.Demo.Display;
using EdgePool.Server.Demo.Sites;

namespace EdgePool.Server.Demo.Pool;

/// <summary>The node that was killed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shards">The shards that it owned.</param>
/// <param name="Noticed">From the kill until every other node had it out of its view; null: not in time.</param>
/// <param name="Owned">Until every shard had an owner again.</param>
/// <param name="Flowing">Until the traffic of its partners flowed again, by other nodes.</param>
internal sealed record KilledNode(string Name, int Shards, TimeSpan? Noticed, TimeSpan? Owned, TimeSpan? Flowing);

/// <summary>What the demo of a pool came to.</summary>
/// <param name="Account">What became of every message.</param>
/// <param name="Nodes">How many there were.</param>
/// <param name="Killed">The node that was killed; null: it was interrupted before.</param>
internal sealed record PoolDemoResult(SceneAccount Account, int Nodes, KilledNode? Killed) : IDemoResult
{
    /// <inheritdoc/>
    public bool IsGood => Account.IsGood && Killed is { Noticed: not null, Owned: not null, Flowing: not null };

    /// <inheritdoc/>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteNumber("nodes", Nodes);
        json.WriteString("killed", Killed?.Name);
        json.WriteNumber("shardsOfKilled", Killed?.Shards ?? 0);
        json.WriteMillis("noticedMillis", Killed?.Noticed);
        json.WriteMillis("ownedAgainMillis", Killed?.Owned);
        json.WriteMillis("flowingAgainMillis", Killed?.Flowing);
        Account.WriteJson(json);
    }

    /// <inheritdoc/>
    public void WriteText(TextWriter target)
    {
        target.WriteLine();
        target.WriteLine(IsGood ? "Shown:" : "NOT SHOWN, see the figures:");
        if (Killed is null)
        {
            target.WriteLine("  It was interrupted before a node was killed.");
        }
        else
        {
            target.WriteLine($"  A pool of {Nodes} nodes lost {Killed.Name} in mid-traffic. The others knew after {Figures.Took(Killed.Noticed)}; its {Killed.Shards} shards had owners again after {Figures.Took(Killed.Owned)}; its partners'");
            target.WriteLine($"  traffic flowed again after {Figures.Took(Killed.Flowing)}: they went to the next target of the SRV records.");
        }

        Account.WriteText(target);
        target.WriteLine();
        target.WriteLine("Next:");
        target.WriteLine("  edgepool demo --nodes 3 --duration 20s --json   the same for scripts");
        target.WriteLine("  cluster-config/pool                             a pool of your own, on etcd");
    }
}
