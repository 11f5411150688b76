using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using EdgePool.Cluster.Peers;
using EdgePool.Cluster.Sharding;
using EdgePool.Edge.Peers;
using EdgePool.Edge.Routing;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Exits;

/// <summary>
/// The pools by which stanzas to partners leave: those of the federation route of the site where the local domain is, in its order, as the topology in force says; and which node of another pool is
/// asked for a pair. Safe from any thread.
/// </summary>
internal sealed class FederationExits(PeerRuntime peers)
{
    private const int LongestReason = 400;

    private readonly ConcurrentDictionary<DomainPair, ExitUse> inUse = new();

    /// <summary>The pairs that leave over nodes of other pools at this moment.</summary>
    public IReadOnlyCollection<ExitUse> InUse => [.. inUse.Values];

    /// <summary>A pair leaves over another node from now on.</summary>
    public void Enter(ExitUse use) => inUse[use.Pair] = use;

    /// <summary>It does not any more.</summary>
    public void Leave(ExitUse use) => inUse.TryRemove(KeyValuePair.Create(use.Pair, use));

    /// <summary>This node's pool.</summary>
    public string Own => peers.Pool.Pool;

    /// <summary>The stanzas between this node and others.</summary>
    public LinkedStanzas Links => peers.Stanzas;

    /// <summary>The pools, the first choice first; this one alone where the topology does not know it, or not the domain.</summary>
    public ImmutableArray<string> Order(DomainName local)
    {
        var topology = peers.Edge.Policy.Current.Topology;
        return topology is not null && topology.Pools.Any(pool => IsOwn(pool.Name)) && topology.Domains.FirstOrDefault(domain => domain.Name.Equals(local)) is { Site.Route: { Count: > 0 } route }
            ? [.. route.Select(static pool => pool.Name)]
            : [Own];
    }

    /// <summary>The node of another pool that a pair leaves by: of those that there is a link to and that can do their job, by rendezvous. Null: there is none.</summary>
    public string? NodeOf(string pool, DomainPair pair)
    {
        var linked = peers.Network.Linked;
        return peers.Pool.View().Nodes.Values
            .Where(node => string.Equals(node.Pool, pool, StringComparison.Ordinal) && node is { Ready: true, Draining: false } && linked.Contains(node.Name, StringComparer.Ordinal))
            .MaxBy(node => Placement.WeightFor(node.Name, pair.ToText()))?.Name;
    }

    /// <summary>There is a link to the node.</summary>
    public bool IsLinked(string node) => peers.Network.Linked.Contains(node, StringComparer.Ordinal);

    /// <summary>Asks a node of another pool to bring up a stream for a pair. Null: it is up; else why it is not.</summary>
    /// <exception cref="PeerException">No answer: it is still being tried, or the node is out of reach.</exception>
    public async Task<string?> AskAsync(string node, DomainPair pair, CancellationToken cancellation)
    {
        var answer = await peers.Network.AskAsync(node, QuestionKind.Exit, new ChannelName(pair.Remote, pair.Local).Utf8, cancellation);
        return answer.IsEmpty ? null : Telemetry.LogText.Of(Encoding.UTF8.GetString(answer.Span));
    }

    /// <summary>Answers other nodes that ask.</summary>
    /// <param name="routes"><c>/edge/routes</c>.</param>
    public void Answer(IActorRef routes) => peers.Network.Answer(QuestionKind.Exit, async (_, question, cancellation) =>
    {
        if (ChannelName.Read(question.Span)?.Pair is not { } pair)
            throw new PeerException("the question names no pair of domains");
        if (Links.IsLeaving)
            return Text("it leaves service");
        if (peers.Edge.Routes.ToPartner(pair) is not { } route)
            return Text("its policy has no such partner, it is not configured for the domain, or it has as many routes as it may");
        var bring = new Bring(route, new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously));
        routes.Tell(bring);
        return await bring.Answer.Task.WaitAsync(cancellation) is { } why ? Text(why) : ReadOnlyMemory<byte>.Empty;
    });

    private bool IsOwn(string pool) => string.Equals(pool, Own, StringComparison.Ordinal);

    private static ReadOnlyMemory<byte> Text(string why) => Encoding.UTF8.GetBytes(why.Length > LongestReason ? why[..LongestReason] : why);
}

/// <summary>A pair of domains whose stanzas leave over a node of another pool.</summary>
/// <param name="Pair">The local domain, and the partner's.</param>
/// <param name="Pool">The pool.</param>
/// <param name="Node">Its node.</param>
/// <param name="Since">Since when.</param>
/// <param name="Because">What keeps the pools before it in the federation route from it; null: it is the first one.</param>
public sealed record ExitUse(DomainPair Pair, string Pool, string Node, DateTimeOffset Since, string? Because);

/// <summary>A node of another pool wants to send on a route: a stream of ours is to be up.</summary>
/// <param name="Route">The route.</param>
/// <param name="Answer">Null: it is up; else why it is not.</param>
internal sealed record Bring(Route Route, TaskCompletionSource<string?> Answer);
