using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Membership;
using EdgePool.Server.Management.Wire;
using EdgePool.Server.Topologies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgePool.Server.Management.Api;

/// <summary><c>/v1/topology</c>: how the nodes of all pools stand to the topology.</summary>
internal sealed class TopologyEndpoints(ManagedNode node, TimeProvider time)
{
    /// <summary>What the store may take to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private const int MostPartners = 50;

    /// <summary>Maps them.</summary>
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/topology/status", ShowAsync);

    private async Task ShowAsync(HttpContext context)
    {
        var topology = node.Node.Policy.Topology;
        var (records, problem) = await RecordsAsync(context.RequestAborted);
        var nodes = TopologyFindings.Nodes(topology, records);
        var report = node.Advertiser?.Heard;
        string[] problems = [.. problem is null ? (string[])[] : [problem], .. TopologyFindings.Problems(nodes), .. TopologyFindings.Problems(topology, report, node.Advertiser?.Serves ?? true)];
        await Reply.OkAsync(context, new TopologyStatusView(topology?.Source.Version ?? 0, nodes, problems) 
        {
            Advertiser = AdvertiserView.Of(report),
            Partners = node.Arrivals?.Findings(topology).Take(MostPartners).ToDictionary(one => one.Domain, one => one.Finding, StringComparer.Ordinal),
        }, WireJson.Default.TopologyStatusView);
    }

    /// <summary>The nodes of all pools; where the store does not answer, as last heard.</summary>
    private async Task<(IReadOnlyList<NodeRecord> Records, string? Problem)> RecordsAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return (await NodeRecord.ReadAllAsync(node.Pool.Store, either.Token), null);
        }
        catch (Exception fault) when (fault is StoreException || (fault is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return ([.. node.Pool.Node.Keeper.Everyone.Nodes.Values], "the store does not answer: what is shown is what the nodes told last");
        }
    }
}
