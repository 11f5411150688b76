namespace EdgePool.Cluster.Presences;

/// <summary>Somebody who is shown to somebody else as available, through this node. At most one of a direction and two addresses.</summary>
/// <param name="Outward">A partner's user sees one of ours; false: one of ours sees a partner's.</param>
/// <param name="Local">The address of our user, canonical: full where it is seen, bare where it sees.</param>
/// <param name="Remote">The address of the partner's user, likewise.</param>
/// <param name="Partner">The partner that the remote domain belonged to.</param>
public sealed record Presence(bool Outward, string Local, string Remote, string Partner);

/// <summary>One line of the journal.</summary>
/// <param name="Presence">Who.</param>
/// <param name="Shown">True: is shown from now on; false: no more, and no fault where it was not.</param>
public sealed record PresenceChange(Presence Presence, bool Shown);
