using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>What an outbound connection is for. A closed set.</summary>
internal abstract record DialGoal(DomainPair Pair)
{
    /// <summary>Under what it is remembered.</summary>
    public NegotiationWay Way => this is Verify ? NegotiationWay.Verification : NegotiationWay.Outbound;

    /// <summary>Authenticate the route's pair and carry its stanzas.</summary>
    /// <param name="Route">The route.</param>
    /// <param name="Former">What its last stream left, to go on with; null: nothing.</param>
    public sealed record Carry(Route Route, LostStream? Former = null) : DialGoal(Route.Pair);

    /// <summary>Ask the authoritative server of the pair's remote domain about a dialback key (XEP-0220 section 2.3).</summary>
    public sealed record Verify(DomainPair Asked, string StreamId, string Key) : DialGoal(Asked);
}

/// <summary>The stream is authenticated and carries its route's stanzas.</summary>
internal sealed class DialUp
{
    public static DialUp Instance { get; } = new();
}

/// <summary>The stream that was up ends, for policy has changed: what the route carries from now on is for another one.</summary>
internal sealed class DialOver
{
    public static DialOver Instance { get; } = new();
}

/// <summary>No target of the domain would have us.</summary>
/// <param name="Reason">What to answer the stanzas that wait.</param>
/// <param name="MayHelpToTryAgain">False where only an operator, ours or theirs, can mend it.</param>
/// <param name="Detail">For the log.</param>
internal sealed record DialFailed(BounceReason Reason, bool MayHelpToTryAgain, string Detail);

/// <summary>The authoritative server has spoken, or could not be asked.</summary>
internal sealed record DialAnswered(DialbackOutcome Outcome);

/// <summary>One target did not work out; the next one is tried. NoAddress: the DNS says for certain that it has none.</summary>
internal sealed record TargetFailed(StreamEndReason Reason, string Detail, bool NoAddress = false)
{
    /// <summary>Where a server that has proven to be the domain's sends us (<c>see-other-host</c>), as it wrote it; null: nowhere.</summary>
    public string? Elsewhere { get; init; }

    /// <summary>A connection was tried.</summary>
    public bool Tried { get; init; }

    /// <summary>The target that failed; null: none was reached.</summary>
    public Transport.OutboundTarget? By { get; init; }
}
