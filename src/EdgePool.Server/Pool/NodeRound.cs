using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Peers;

namespace EdgePool.Server.Pool;

/// <summary>What came of asking about a node.</summary>
/// <param name="Told">What it told; null: it did not answer.</param>
/// <param name="LeaseLeft">How long its lease stands at most, if it is not kept alive; null: it is gone, or the store does not answer.</param>
internal sealed record NodeAnswer(NodeTold? Told, TimeSpan? LeaseLeft);

/// <summary>Asks every node of a pool how it is, and the store about its lease; all at one time.</summary>
/// <param name="store">Where the leases are.</param>
/// <param name="peers">The way to the nodes; null: this one is alone.</param>
/// <param name="options">How nodes are members.</param>
/// <param name="time">The clock.</param>
internal sealed class NodeRound(ICoordinator store, IPeerNetwork? peers, MembershipOptions options, TimeProvider time)
{
    /// <summary>What the answers may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Asks; who does not answer in time has an answer without content.</summary>
    public async Task<IReadOnlyDictionary<string, NodeAnswer>> AskAsync(PoolView view, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var asked = view.Nodes.Values.Select(async node => KeyValuePair.Create(node.Name, await AskAsync(node, either.Token)));
        return new Dictionary<string, NodeAnswer>(await Task.WhenAll(asked), StringComparer.Ordinal);
    }

    private async Task<NodeAnswer> AskAsync(NodeRecord node, CancellationToken cancellation)
    {
        var (told, left) = (ToldAsync(node.Name, cancellation), LeftAsync(node.Lease, cancellation));
        return new NodeAnswer(await told, await left);
    }

    private async Task<NodeTold?> ToldAsync(string node, CancellationToken cancellation)
    {
        try
        {
            return peers is null ? null : NodeTold.Read((await peers.AskAsync(node, QuestionKind.Status, ReadOnlyMemory<byte>.Empty, cancellation)).Span);
        }
        catch (Exception fault) when (fault is PeerException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<TimeSpan?> LeftAsync(long lease, CancellationToken cancellation)
    {
        try
        {
            return options.TimeToLive - await store.SilenceAsync(lease, cancellation);
        }
        catch (Exception fault) when (fault is StoreException or OperationCanceledException)
        {
            return null;
        }
    }
}
