namespace EdgePool.Cluster.Membership;

/// <summary>How a node stays a member.</summary>
public sealed record MembershipOptions
{
    /// <summary>How long a silent node counts as there. Whole seconds.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a member tells that it is there.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// After which a node that is silent to the store and to another node is dead: long enough for a machine under full load, short enough for its shards to be owned
    /// again within 2 s.
    /// </summary>
    public TimeSpan Silent { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The wait after a failure; drawn between half of it and the whole.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The part of <see cref="TimeToLive"/> after which a node takes its own term for over, and of <see cref="Silent"/> after which it decides nothing: its clock and the
    /// store's may run apart.
    /// </summary>
    public double SafePart { get; init; } = 0.9;
}
