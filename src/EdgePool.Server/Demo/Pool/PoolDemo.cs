using EdgePool.Cluster.Sharding;
using EdgePool.Server.Cli;
using EdgePool.Server.Demo.Display;
using EdgePool.Server.Demo.Sites;

namespace EdgePool.Server.Demo.Pool;

/// <summary><c>edgepool demo --nodes N</c>: one pool, and a node that is killed in mid-traffic. Its shards get other owners, its partners go to other nodes.</summary>
internal sealed class PoolDemo(DemoSettings settings, TimeProvider time) : SceneDemo(settings, time)
{
    private KilledNode? killed;

    /// <inheritdoc/>
    protected override IReadOnlyList<SitePlan> Plans { get; } = [new("pool", Priority: 10, settings.Nodes)];

    /// <inheritdoc/>
    protected override string Cast => FormattableString.Invariant($"{Plans[0].Nodes} nodes in one pool, the component at each, a name server, and three partners' servers");

    /// <inheritdoc/>
    protected override async Task PlayAsync(CancellationToken stop)
    {
        var nodes = Scene.Sites[0].Nodes;
        await MeasureAsync(Now, () => IsWhole(nodes));
        Say($"shards: {string.Join(", ", nodes.Select(node => FormattableString.Invariant($"{node.Name} {node.Place.Keeper.Count}")))}");
        await PassAsync(1.0 / 3, stop);
        if (!stop.IsCancellationRequested)
        {
            killed = await KillOneAsync(nodes, stop);
        }

        await PassAsync(1, stop);
    }

    /// <inheritdoc/>
    protected override IDemoResult Conclude(SceneAccount account) => new PoolDemoResult(account, Plans[0].Nodes, killed);

    /// <summary>Kills the node that the first partner is with, and takes the times until its shards have owners and its partners' traffic flows again.</summary>
    private async Task<KilledNode> KillOneAsync(IReadOnlyList<DemoNode> nodes, CancellationToken stop)
    {
        var victim = nodes.FirstOrDefault(node => string.Equals(node.Name, Scene.Partners[0].At, StringComparison.Ordinal)) ?? nodes[0];
        var (shards, others) = (victim.Place.Keeper.Count, nodes.Where(node => node != victim).ToArray());
        var (since, noticed, owned) = (Now, (TimeSpan?)null, (TimeSpan?)null);
        var taken = await KillAsync(
            [victim],
            async () =>
            {
                Say(FormattableString.Invariant($"{victim.Name} is killed: it owned {shards} shards, and {Scene.Partners[0].Domain} was with it"));
                noticed = await MeasureAsync(since, () => others.All(node => !node.Place.Keeper.View.Nodes.ContainsKey(victim.Name)));
                owned = await MeasureAsync(since, () => IsWhole(others));
                Say($"the others know it after {Figures.Took(noticed)}, and every shard has an owner again after {Figures.Took(owned)}");
            },
            stop);
        var flowing = taken.Any(static one => one.Took is null) ? null : taken.Max(static one => one.Took);
        Say($"its partners' traffic flows again, by other nodes, after {Figures.Took(flowing)}");
        return new KilledNode(victim.Name, shards, noticed, owned, flowing);
    }

    /// <summary>Every shard has an owner among these nodes, by their own word.</summary>
    private static bool IsWhole(IReadOnlyList<DemoNode> nodes) => nodes.Sum(node => node.Place.Keeper.Count) == Placement.Shards;
}
