namespace EdgePool.Cluster.KnownPeers;

/// <summary>What is known of a domain's keys. At most one of a domain.</summary>
/// <param name="Domain">The domain, A-labels, lower case.</param>
/// <param name="Body">What is known; the journal does not look into it.</param>
public sealed record KnownPeer(string Domain, string Body);

/// <summary>One line of the journal.</summary>
/// <param name="Domain">The domain, A-labels, lower case.</param>
/// <param name="Body">What is known from now on, in the place of what was; null: nothing any more, and no fault where nothing was.</param>
public sealed record KnownPeerChange(string Domain, string? Body);
