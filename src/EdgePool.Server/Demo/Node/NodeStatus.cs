using EdgePool.Edge.Telemetry;
using EdgePool.Server.Demo.Display;
using EdgePool.Server.Demo.Load;
using Spectre.Console.Rendering;

namespace EdgePool.Server.Demo.Node;

/// <summary>Where the demo stands.</summary>
internal enum NodePhase
{
    /// <summary>Node, component and partner come up.</summary>
    Starting,

    /// <summary>Messages are sent.</summary>
    Running,

    /// <summary>Nothing more is sent; the last answers are under way.</summary>
    Finishing,

    /// <summary>The node leaves service.</summary>
    Stopping,
}

/// <summary>One direction at one moment.</summary>
/// <param name="Total">Received since the start.</param>
/// <param name="PerSecond">Received a second, of late.</param>
/// <param name="P50Micros">Half of all took no longer.</param>
/// <param name="P99Micros">99 of 100 took no longer.</param>
internal sealed record DirectionStatus(long Total, double PerSecond, long P50Micros, long P99Micros)
{
    private static readonly TimeSpan ShortestSpan = TimeSpan.FromMilliseconds(100);

    /// <summary>The direction, given what was shown of it some time ago; a span too short for a rate keeps the last one.</summary>
    public static DirectionStatus Of(NumberedFlow flow, DirectionStatus? shown, TimeSpan between)
    {
        var total = flow.Received;
        return new DirectionStatus(
            total,
            between >= ShortestSpan ? (total - (shown?.Total ?? 0)) / between.TotalSeconds : shown?.PerSecond ?? 0,
            LatencyHistogram.Percentile(0.50, flow.Latency),
            LatencyHistogram.Percentile(0.99, flow.Latency));
    }

    /// <summary>For a line of progress.</summary>
    public string ToLine() => $"{Figures.Count(Total)} ({Figures.Count(PerSecond)}/s, p50 {Figures.Latency(P50Micros)}, p99 {Figures.Latency(P99Micros)})";
}

/// <summary>Everything that is shown while the demo goes on.</summary>
/// <param name="Phase">Where it stands.</param>
/// <param name="Elapsed">Since messages began to flow.</param>
/// <param name="Duration">How long they are to flow; null until interrupted.</param>
/// <param name="Requests">Partner to component.</param>
/// <param name="Answers">Component to partner.</param>
/// <param name="Unanswered">Requests without an answer yet.</param>
/// <param name="Ledger">The node's account.</param>
/// <param name="Streams">The node's streams.</param>
/// <param name="Warnings">The node's latest warnings.</param>
internal sealed record NodeStatus(
    NodePhase Phase,
    TimeSpan Elapsed,
    TimeSpan? Duration,
    DirectionStatus Requests,
    DirectionStatus Answers,
    long Unanswered,
    LedgerSnapshot Ledger,
    IReadOnlyCollection<StreamInfo> Streams,
    IReadOnlyList<string> Warnings) : IDemoMoment
{
    /// <inheritdoc/>
    public IRenderable ToTable() => NodeTable.Of(this);

    /// <inheritdoc/>
    public string ToLine()
    {
        var of = Duration is { } duration ? $" of {Figures.Time(duration)}" : "";
        return Phase switch
        {
            NodePhase.Starting => "starting a node, a partner's server, a name server and a component",
            NodePhase.Running => $"{Figures.Time(Elapsed)}{of}: in {Requests.ToLine()}; out {Answers.ToLine()}; {Figures.Count(Unanswered)} unanswered",
            NodePhase.Finishing => $"nothing more is sent; {Figures.Count(Unanswered)} answers to come",
            _ => "the node leaves service",
        };
    }
}
