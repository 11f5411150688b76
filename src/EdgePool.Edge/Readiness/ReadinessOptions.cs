namespace EdgePool.Edge.Readiness;

/// <summary>
/// When a node takes partners' connections: while it can do its job. Where it refuses TCP, partners go on to the next target of their SRV records, which no
/// answer on an open stream would make them do.
/// </summary>
public sealed record ReadinessOptions
{
    /// <summary>How long a node that cannot do its job any more still takes connections: a component that is restarted is no reason to leave.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often an internal server that no stream leads to is tried.</summary>
    public TimeSpan Probe { get; init; } = TimeSpan.FromSeconds(5);
}
