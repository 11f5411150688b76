using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;
using EdgePool.Server.Management.Wire;
using EdgePool.Server.Pool;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgePool.Server.Management.Api;

/// <summary><c>/v1/cluster</c>: the pool as this node sees it.</summary>
internal sealed class ClusterEndpoints(ManagedNode node, TimeProvider time)
{
    /// <summary>What the store may take to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Maps them.</summary>
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/cluster", ShowAsync);

    private async Task ShowAsync(HttpContext context)
    {
        var since = time.GetTimestamp();
        var problem = await AskAsync(context.RequestAborted);
        var took = time.GetElapsedTime(since);
        await Reply.OkAsync(context, View(problem, took), WireJson.Default.ClusterView);
    }

    /// <summary>Asks the store for something small; null: it answered.</summary>
    private async Task<string?> AskAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await node.Pool.Store.ReadAsync(NodeRecord.PrefixOf(node.Pool.Member.Record.Pool), either.Token);
            return null;
        }
        catch (StoreException fault)
        {
            return fault.Message;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return FormattableString.Invariant($"nothing came within {Patience.TotalSeconds:0} s");
        }
    }

    private ClusterView View(string? storeProblem, TimeSpan took)
    {
        var (pool, self) = (node.Pool, node.Pool.Member.Record);
        var looks = new PoolLooks(self.Name, pool.Keeper.View, pool.Keeper.Map, pool.Member.Term is not null, pool.Keeper.Connected, pool.Trouble, storeProblem);
        var shards = looks.Map.Owners.Values.CountBy(owner => owner.Node, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return new ClusterView(
            self.Name,
            self.Pool,
            looks.IsMember,
            new ClusterStore("embedded", storeProblem is null, storeProblem is null ? Math.Round(took.TotalMilliseconds, 1) : null, looks.Followed),
            [.. looks.View.Nodes.Values.Select(one => new ClusterNode(
                one.Name, one.Version, one.Peer, one.Ready, one.Draining, one.Streams, one.Started, one.Lease, shards.GetValueOrDefault(one.Name)))],
            new ClusterShards(Placement.Shards, PoolFindings.Unowned(looks)),
            [.. PoolFindings.Of(looks)]);
    }
}
