using EdgePool.Edge.Telemetry;
using EdgePool.Server.Demo.Display;
using EdgePool.Server.Demo.Node;
using Spectre.Console.Rendering;

namespace EdgePool.Server.Demo.Sites;

/// <summary>A node at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Site">Where it stands.</param>
/// <param name="Priority">Of its SRV record.</param>
/// <param name="IsDead">It was killed.</param>
/// <param name="Streams">It has so many.</param>
/// <param name="Ledger">Its account.</param>
internal sealed record NodeLine(string Name, string Site, ushort Priority, bool IsDead, int Streams, LedgerSnapshot Ledger);

/// <summary>A partner at one moment.</summary>
/// <param name="Domain">Its domain.</param>
/// <param name="At">The node that its stream leads to; null: it looks for one.</param>
/// <param name="Requests">To the component.</param>
/// <param name="Answers">From the component.</param>
/// <param name="Takeover">How long it was until its messages went another way; null: they did not, or not yet.</param>
/// <param name="Return">How long it was until they went the first way again.</param>
internal sealed record PartnerLine(string Domain, string? At, DirectionStatus Requests, DirectionStatus Answers, TimeSpan? Takeover, TimeSpan? Return);

/// <summary>Everything that is shown while a demo with several nodes goes on.</summary>
/// <param name="Elapsed">Since messages began to flow.</param>
/// <param name="Duration">How long they are to flow.</param>
/// <param name="Nodes">The nodes.</param>
/// <param name="Partners">The partners.</param>
/// <param name="UnderWay">Messages of which the sender does not know yet what became of them.</param>
/// <param name="Ledger">The account of all nodes.</param>
/// <param name="Story">What has happened, the latest last.</param>
/// <param name="Warnings">The nodes' latest warnings.</param>
internal sealed record SceneStatus(
    TimeSpan Elapsed,
    TimeSpan Duration,
    IReadOnlyList<NodeLine> Nodes,
    IReadOnlyList<PartnerLine> Partners,
    long UnderWay,
    LedgerSnapshot Ledger,
    IReadOnlyList<string> Story,
    IReadOnlyList<string> Warnings) : IDemoMoment
{
    /// <inheritdoc/>
    public IRenderable ToTable() => SceneTable.Of(this);

    /// <inheritdoc/>
    public string ToLine()
        => $"{Figures.Time(Elapsed)} of {Figures.Time(Duration)}: {string.Join(", ", Partners.Select(static partner => $"{partner.Domain} with {partner.At ?? "no node"} {Figures.Count(partner.Answers.PerSecond)}/s"))}; "
            + $"{Figures.Count(Partners.Sum(static partner => partner.Answers.Total))} answers, {Figures.Count(UnderWay)} under way";
}
