using System.Net;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Membership;

namespace EdgePool.Edge.Peers;

/// <summary>What makes a node one of a pool. Its own name is <see cref="EdgeOptions.NodeName"/>.</summary>
/// <param name="Pool">The pool's name.</param>
/// <param name="Instance">As in this node's record: tells it from a process that had its name before.</param>
/// <param name="Listen">Where it takes links of other nodes; port 0 takes a free one.</param>
/// <param name="Identity">Its key; it outlives the node.</param>
/// <param name="View">The nodes of the cluster, those of other pools too, as last seen: who is not in it gets no link. From any thread.</param>
/// <param name="Coordinator">Where the leases of nodes are that are found dead; it outlives the node.</param>
public sealed record PoolOptions(string Pool, string Instance, IPEndPoint Listen, PeerIdentity Identity, Func<PoolView> View, ICoordinator Coordinator)
{
    /// <summary>How nodes are members of it.</summary>
    public MembershipOptions Membership { get; init; } = new();

    /// <summary>Deadlines of links.</summary>
    public PeerTimeouts Timeouts { get; init; } = new();

    /// <summary>What this node may have of partners' limits and rates, which are one for the pool; null: each node keeps to the whole of them alone.</summary>
    public ShareBook? Shares { get; init; }

    /// <summary>What the pool knows of dead partners; null: each node finds out for itself.</summary>
    public TroubleBook? Troubles { get; init; }

    /// <summary>The pool alone: the rest is keys and addresses.</summary>
    public override string ToString() => Pool;
}

/// <summary>Deadlines of the links between nodes. The defaults carry their reason.</summary>
public sealed record PeerTimeouts
{
    /// <summary>TCP connect, or accept, to the greeting: nodes are near, or on a good line.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often each side says that it is there, and looks at who is in the pool.</summary>
    public TimeSpan Ping { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Silence after which the store is asked whether the node is dead: four pings that did not come.</summary>
    public TimeSpan Suspicious { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Silence, or a write that the other side does not take, after which a link is cut: a little less than a lease stands.</summary>
    public TimeSpan Silent { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>A question, from asking to the answer: who does without the answer then has time left to do so.</summary>
    public TimeSpan Question { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The least wait before a link is tried again.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long stanzas wait for a link that broke to come back, before they are answered.</summary>
    public TimeSpan Lost { get; init; } = TimeSpan.FromSeconds(5);
}
