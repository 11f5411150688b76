using EdgePool.Edge.Telemetry;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgePool.Server.Demo.Display;

/// <summary>The screen of the demo: streams, directions, ledger. Pure; it fits into 100 columns.</summary>
internal static class LiveTable
{
    /// <summary>Streams that are shown.</summary>
    public const int MostStreams = 12;

    private const int Width = 98;

    /// <summary>The screen of one moment.</summary>
    public static IRenderable Of(DemoStatus status)
    {
        var parts = new List<IRenderable> { Heading(status), Streams(status), Directions(status), Account(status.Ledger) };
        parts.AddRange(status.Warnings.Select(line => new Text(line.Length > Width ? line[..(Width - 1)] + "…" : line, new Style(Color.Yellow))));
        return new Rows(parts);
    }

    private static Markup Heading(DemoStatus status)
    {
        var what = status.Phase switch
        {
            DemoPhase.Starting => "starting",
            DemoPhase.Running when status.Duration is { } duration => $"{Figures.Time(status.Elapsed)}, {Figures.Time(Remaining(duration, status.Elapsed))} to go; Ctrl+C ends it now",
            DemoPhase.Running => $"{Figures.Time(status.Elapsed)}; Ctrl+C ends it",
            DemoPhase.Finishing => $"nothing more is sent; {Figures.Count(status.Unanswered)} answers to come",
            _ => "the node leaves service",
        };
        return new Markup($"[bold]EdgePool demo[/]  {DemoScene.Partner} ⇄ edge ⇄ component {DemoScene.Local}  [dim]{Markup.Escape(what)}[/]\n");
    }

    private static TimeSpan Remaining(TimeSpan duration, TimeSpan elapsed) => duration > elapsed ? duration - elapsed : TimeSpan.Zero;

    private static Table Streams(DemoStatus status)
    {
        var table = Plain("Stream", "Kind", "Pair", "TLS", "State");
        table.AddColumn(Right("In"));
        table.AddColumn(Right("Out"));
        foreach (var stream in status.Streams.OrderBy(s => s.Number).Take(MostStreams))
        {
            table.AddRow(
                Cell(Figures.Count(stream.Number)),
                Cell(Kind(stream.Kind)),
                Cell(Pair(stream)),
                Cell(stream.Tls),
                Cell(stream.State),
                Cell(Figures.Count(stream.StanzasIn)),
                Cell(Figures.Count(stream.StanzasOut)));
        }

        return table;
    }

    private static Table Directions(DemoStatus status)
    {
        var table = Plain("Direction");
        foreach (var name in (string[])["Stanzas", "Per second", "p50", "p99"])
        {
            table.AddColumn(Right(name));
        }

        AddDirection(table, "in: partner to component", status.Requests);
        AddDirection(table, "out: component to partner", status.Answers);
        return table;
    }

    private static void AddDirection(Table table, string name, DirectionStatus direction) => table.AddRow(
        Cell(name),
        Cell(Figures.Count(direction.Total)),
        Cell(Figures.Count(direction.PerSecond)),
        Cell(Figures.Latency(direction.P50Micros)),
        Cell(Figures.Latency(direction.P99Micros)));

    // While stanzas move, the counters are not read at one instant: the verdict on the balance is for the end.
    private static Table Account(LedgerSnapshot ledger)
    {
        var table = Plain("Ledger");
        var numbers = new[] { ("Accepted", ledger.Accepted), ("Delivered", ledger.Delivered), ("Bounced", ledger.Bounced), ("Dropped", ledger.Dropped), ("In flight", ledger.InFlight) };
        foreach (var (name, _) in numbers)
        {
            table.AddColumn(Right(name));
        }

        table.AddRow([Cell("of this node"), .. numbers.Select(number => Cell(Figures.Count(number.Item2)))]);
        return table;
    }

    private static Table Plain(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Rounded, Width = Width };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Cell(column)));
        }

        return table;
    }

    private static TableColumn Right(string name) => new TableColumn(Cell(name)).RightAligned();

    private static Text Cell(string text) => new(text);

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
