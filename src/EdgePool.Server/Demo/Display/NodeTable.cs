using EdgePool.Edge.Telemetry;
using EdgePool.Server.Demo.Node;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgePool.Server.Demo.Display;

/// <summary>The screen of the demo of one node: streams, directions, ledger. Pure; it fits into 100 columns.</summary>
internal static class NodeTable
{
    /// <summary>Streams that are shown.</summary>
    public const int MostStreams = 12;

    /// <summary>The screen of one moment.</summary>
    public static IRenderable Of(NodeStatus status)
    {
        var parts = new List<IRenderable> { Heading(status), Streams(status), Directions(status), TableParts.Account("of this node", status.Ledger) };
        parts.AddRange(TableParts.Warnings(status.Warnings));
        return new Rows(parts);
    }

    private static Markup Heading(NodeStatus status)
    {
        var what = status.Phase switch
        {
            NodePhase.Starting => "starting",
            NodePhase.Running when status.Duration is { } duration => $"{Figures.Time(status.Elapsed)}, {Figures.Time(Remaining(duration, status.Elapsed))} to go; Ctrl+C ends it now",
            NodePhase.Running => $"{Figures.Time(status.Elapsed)}; Ctrl+C ends it",
            NodePhase.Finishing => $"nothing more is sent; {Figures.Count(status.Unanswered)} answers to come",
            _ => "the node leaves service",
        };
        return new Markup($"[bold]EdgePool demo[/]  {DemoNames.Partner} ⇄ edge ⇄ component {DemoNames.Local}  [dim]{Markup.Escape(what)}[/]\n");
    }

    private static TimeSpan Remaining(TimeSpan duration, TimeSpan elapsed) => duration > elapsed ? duration - elapsed : TimeSpan.Zero;

    private static Table Streams(NodeStatus status)
    {
        var table = TableParts.Plain("Stream", "Kind", "Pair", "TLS", "State");
        table.AddColumn(TableParts.Right("In"));
        table.AddColumn(TableParts.Right("Out"));
        foreach (var stream in status.Streams.OrderBy(s => s.Number).Take(MostStreams))
        {
            table.AddRow(
                TableParts.Cell(Figures.Count(stream.Number)),
                TableParts.Cell(Kind(stream.Kind)),
                TableParts.Cell(Pair(stream)),
                TableParts.Cell(stream.Tls),
                TableParts.Cell(stream.State),
                TableParts.Cell(Figures.Count(stream.StanzasIn)),
                TableParts.Cell(Figures.Count(stream.StanzasOut)));
        }

        return table;
    }

    private static Table Directions(NodeStatus status)
    {
        var table = TableParts.Plain("Direction");
        foreach (var name in (string[])["Stanzas", "Per second", "p50", "p99"])
        {
            table.AddColumn(TableParts.Right(name));
        }

        AddDirection(table, "in: partner to component", status.Requests);
        AddDirection(table, "out: component to partner", status.Answers);
        return table;
    }

    private static void AddDirection(Table table, string name, DirectionStatus direction) => table.AddRow(
        TableParts.Cell(name),
        TableParts.Cell(Figures.Count(direction.Total)),
        TableParts.Cell(Figures.Count(direction.PerSecond)),
        TableParts.Cell(Figures.Latency(direction.P50Micros)),
        TableParts.Cell(Figures.Latency(direction.P99Micros)));

    private static string Pair(StreamInfo stream) => stream.Kind == StreamKind.Component && stream.Pairs.Count > 0
        ? stream.Pairs[0].Local.Ascii
        : string.Join(", ", stream.Pairs.Select(pair => pair.ToText()));

    private static string Kind(StreamKind kind) => kind switch
    {
        StreamKind.PartnerInbound => "partner, in",
        StreamKind.PartnerOutbound => "partner, out",
        StreamKind.Component => "component",
        _ => "internal",
    };
}
