using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Peers;
using EdgePool.Policy.Topologies;

namespace EdgePool.Server.Arrivals;

/// <summary>
/// Watches to which pools partners come: at this node by its streams, at the others by asking them twice a minute; and since when each pool is ready. From both follows which partners
/// do not go where our SRV records send them.
/// </summary>
/// <remarks>
/// Each node keeps this for itself and forgets it when it ends. What a partner did in the last half minute before its pool went at once, nobody may have been told; and while the store is
/// away, nobody sees that a pool goes. Nothing is decided by it: it is for operators.
/// </remarks>
/// <param name="self">This node: its name and pool.</param>
/// <param name="streams">The domains that have streams to this node, and how long each stream is up.</param>
/// <param name="nodes">The nodes of the cluster, as last seen.</param>
/// <param name="peers">The way to them; null: this node is alone.</param>
/// <param name="time">The clock.</param>
internal sealed class ArrivalWatch(NodeRecord self, Func<IEnumerable<(string Domain, TimeSpan Age)>> streams, Func<PoolView> nodes, IPeerNetwork? peers, TimeProvider time)
{
    /// <summary>How often it looks at its own streams and at who is there.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    /// <summary>Looks from one question to the others to the next.</summary>
    public const int LooksForQuestion = 3;

    private readonly ArrivalTable table = new();
    private readonly PoolTimes pools = new();

    /// <summary>Where a domain (A-labels) was seen.</summary>
    public IReadOnlyList<Arrival> Of(string domain) => table.Of(domain);

    /// <summary>What is to be said of a domain; null: it goes where it should, or nothing is known.</summary>
    public string? Finding(Topology? topology, string domain) => topology is null ? null : ArrivalJudge.Finding(topology, table.Of(domain), pools.Of, time.GetUtcNow());

    /// <summary>The domains of which something is to be said.</summary>
    public IEnumerable<(string Domain, string Finding)> Findings(Topology? topology)
    {
        if (topology is null)
        {
            yield break;
        }

        foreach (var (domain, arrivals) in table.All().OrderBy(one => one.Key, StringComparer.Ordinal))
        {
            if (ArrivalJudge.Finding(topology, arrivals, pools.Of, time.GetUtcNow()) is { } finding)
            {
                yield return (domain, finding);
            }
        }
    }

    /// <summary>Answers the other nodes; before any asks.</summary>
    public void Answer() => peers?.Answer(QuestionKind.Arrivals, (_, _, _) => new ValueTask<ReadOnlyMemory<byte>>(ArrivalCodec.ToBytes(Own())));

    /// <summary>Watches until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        for (var look = 0; !cancellation.IsCancellationRequested; look++)
        {
            var now = time.GetUtcNow();
            foreach (var (domain, came) in Own())
            {
                table.Note(domain, new Arrival(self.Pool, now - came, now));
            }

            pools.Note(nodes().Nodes.Values, now);
            if (look % LooksForQuestion == 0 && peers is not null)
            {
                await Task.WhenAll(nodes().Nodes.Values.Where(node => !string.Equals(node.Name, self.Name, StringComparison.Ordinal)).Select(node => AskAsync(node, cancellation)));
            }

            table.Sweep(now);
            await Task.Delay(Look, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The domains that have streams here, each with the age of its youngest.</summary>
    private IEnumerable<(string Domain, TimeSpan Came)> Own()
        => streams().GroupBy(stream => stream.Domain, StringComparer.Ordinal).Select(domain => (domain.Key, domain.Min(stream => stream.Age)));

    private async Task AskAsync(NodeRecord node, CancellationToken cancellation)
    {
        try
        {
            var told = await peers!.AskAsync(node.Name, QuestionKind.Arrivals, ReadOnlyMemory<byte>.Empty, cancellation);
            var now = time.GetUtcNow();
            foreach (var (domain, came) in ArrivalCodec.Read(told.Span))
            {
                table.Note(domain, new Arrival(node.Pool, now - came, now));
            }
        }
        catch (Exception fault) when (fault is PeerException or OperationCanceledException)
        {
            // It is asked again; what it has told before stands.
        }
    }
}
