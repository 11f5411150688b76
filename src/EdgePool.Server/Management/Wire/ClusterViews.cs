using System.Text.Json.Serialization;

namespace EdgePool.Server.Management.Wire;

/// <summary>A pool as one of its nodes sees it.</summary>
/// <param name="Node">The node that tells.</param>
/// <param name="Pool">The pool.</param>
/// <param name="Member">It is a member at this moment.</param>
/// <param name="Store">Where the pool agrees.</param>
/// <param name="Kept">What the node keeps of the store on its own disk; null: nothing, it is alone.</param>
/// <param name="Nodes">The nodes, by name.</param>
/// <param name="Shards">How the shards lie.</param>
/// <param name="Problems">What is wrong, in words; empty: nothing.</param>
internal sealed record ClusterView(
    string Node, string Pool, bool Member, ClusterStore Store, ClusterKept? Kept, IReadOnlyList<ClusterNode> Nodes, ClusterShards Shards, IReadOnlyList<string> Problems);

/// <summary>The store that a pool agrees by.</summary>
/// <param name="Kind"><c>embedded</c> or <c>etcd</c>.</param>
/// <param name="Answers">It answered just now.</param>
/// <param name="Milliseconds">How long that took; null: it did not.</param>
/// <param name="Followed">Its changes come in.</param>
internal sealed record ClusterStore(string Kind, bool Answers, double? Milliseconds, bool Followed);

/// <summary>What a node keeps of the store on its own disk, for starting and going on without it.</summary>
/// <param name="Revision">Of the documents.</param>
/// <param name="SavedAt">When this process last wrote them; null: not yet, or the disk does not take them.</param>
/// <param name="AwaySince">Since when the store does not answer; null: it does.</param>
/// <param name="PendingConsents">Batches of consents that wait for it.</param>
internal sealed record ClusterKept(long Revision, DateTimeOffset? SavedAt, DateTimeOffset? AwaySince, int PendingConsents);

/// <summary>A node of the pool.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Product">Its version of EdgePool.</param>
/// <param name="Peer">Where other nodes reach it; empty: nowhere.</param>
/// <param name="Ready">It can do its job.</param>
/// <param name="Draining">It leaves service.</param>
/// <param name="Streams">Its established streams, as it told last.</param>
/// <param name="Started">When its process started, by its own clock.</param>
/// <param name="Lease">The lease that its record stands under.</param>
/// <param name="Shards">The shards that it owns.</param>
internal sealed record ClusterNode(string Name, string Product, string Peer, bool Ready, bool Draining, int Streams, DateTimeOffset? Started, long Lease, int Shards)
{
    /// <summary>How long the lease stands at most, unless the node keeps it alive, as it does twice a second; null: it is gone, or the store does not answer.</summary>
    public double? LeaseSeconds { get; init; }

    /// <summary>Stanzas that the node answered as lost although another one may have delivered them; null: it did not say.</summary>
    public long? UncertainStanzas { get; init; }

    /// <summary>The nodes that it has a link to; null: it did not say.</summary>
    public IReadOnlyList<string>? Links { get; init; }
}

/// <summary>How the shards of a pool lie.</summary>
/// <param name="Total">How many there are.</param>
/// <param name="Unowned">Those without an owner in the pool.</param>
internal sealed record ClusterShards(int Total, int Unowned);

/// <summary>A request that says nothing.</summary>
internal sealed record EmptyRequest;

/// <summary>A node has given away what it owned, and ends.</summary>
/// <param name="Node">The node.</param>
/// <param name="Pool">The pool that it left.</param>
/// <param name="HandedOver">Shards that others own now.</param>
/// <param name="Left">Shards that nobody took in time; they are owned again when the node is gone.</param>
internal sealed record LeaveReply(string Node, string Pool, int HandedOver, int Left);

/// <summary>Asks for a new dialback secret.</summary>
/// <param name="ForgetPrevious">The secrets before are void at once.</param>
internal sealed record RotateRequest(bool? ForgetPrevious) : IRequest
{
    /// <inheritdoc/>
    [JsonIgnore]
    public bool IsComplete => ForgetPrevious is not null;
}

/// <summary>A new dialback secret makes keys.</summary>
/// <param name="Revision">The store's.</param>
/// <param name="Before">How many secrets there were.</param>
/// <param name="Kept">How many of them still verify.</param>
/// <param name="Late">Nodes that did not say in time that they know it.</param>
internal sealed record RotateReply(long Revision, int Before, int Kept, IReadOnlyList<string> Late);
