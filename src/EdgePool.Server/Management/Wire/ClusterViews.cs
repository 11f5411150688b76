namespace EdgePool.Server.Management.Wire;

/// <summary>A pool as one of its nodes sees it.</summary>
/// <param name="Node">The node that tells.</param>
/// <param name="Pool">The pool.</param>
/// <param name="Member">It is a member at this moment.</param>
/// <param name="Store">Where the pool agrees.</param>
/// <param name="Nodes">The nodes, by name.</param>
/// <param name="Shards">How the shards lie.</param>
/// <param name="Problems">What is wrong, in words; empty: nothing.</param>
internal sealed record ClusterView(
    string Node, string Pool, bool Member, ClusterStore Store, IReadOnlyList<ClusterNode> Nodes, ClusterShards Shards, IReadOnlyList<string> Problems);

/// <summary>The store that a pool agrees by.</summary>
/// <param name="Kind"><c>embedded</c> or <c>etcd</c>.</param>
/// <param name="Answers">It answered just now.</param>
/// <param name="Milliseconds">How long that took; null: it did not.</param>
/// <param name="Followed">Its changes come in.</param>
internal sealed record ClusterStore(string Kind, bool Answers, double? Milliseconds, bool Followed);

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
internal sealed record ClusterNode(string Name, string Product, string Peer, bool Ready, bool Draining, int Streams, DateTimeOffset? Started, long Lease, int Shards);

/// <summary>How the shards of a pool lie.</summary>
/// <param name="Total">How many there are.</param>
/// <param name="Unowned">Those without an owner in the pool.</param>
internal sealed record ClusterShards(int Total, int Unowned);
