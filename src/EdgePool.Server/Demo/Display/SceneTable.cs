using EdgePool.Server.Demo.Sites;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgePool.Server.Demo.Display;

/// <summary>The screen of the demos with several nodes: nodes, partners, ledger, and what has happened. Pure; it fits into 100 columns.</summary>
internal static class SceneTable
{
    private static readonly Style Dead = new(Color.Red);
    private static readonly Style Carrying = new(Color.Green);

    /// <summary>The screen of one moment.</summary>
    public static IRenderable Of(SceneStatus status)
    {
        var parts = new List<IRenderable> { Heading(status), Nodes(status), Partners(status), TableParts.Account("of all nodes", status.Ledger) };
        parts.AddRange(status.Story.Select((line, i) => new Text(line, i == status.Story.Count - 1 ? new Style(decoration: Decoration.Bold) : null)));
        parts.AddRange(TableParts.Warnings(status.Warnings));
        return new Rows(parts);
    }

    private static Markup Heading(SceneStatus status)
        => new($"[bold]EdgePool demo[/]  {status.Partners.Count} partners ⇄ SRV ⇄ edge ⇄ component {DemoNames.Local}  [dim]{Figures.Time(status.Elapsed)} of {Figures.Time(status.Duration)}; Ctrl+C ends it now[/]\n");

    private static Table Nodes(SceneStatus status)
    {
        var table = TableParts.Plain("Site", "SRV", "Node", "State");
        foreach (var name in (string[])["Partners", "Streams", "Accepted", "Delivered"])
        {
            table.AddColumn(TableParts.Right(name));
        }

        foreach (var node in status.Nodes)
        {
            var partners = status.Partners.Count(partner => string.Equals(partner.At, node.Name, StringComparison.Ordinal));
            var style = node.IsDead ? Dead : partners > 0 ? Carrying : null;
            string[] cells = [node.Site, Figures.Count(node.Priority), node.Name, node.IsDead ? "killed" : "up",
                Figures.Count(partners), Figures.Count(node.Streams), Figures.Count(node.Ledger.Accepted), Figures.Count(node.Ledger.Delivered)];
            table.AddRow(cells.Select(cell => new Text(cell, style)));
        }

        return table;
    }

    private static Table Partners(SceneStatus status)
    {
        var table = TableParts.Plain("Partner", "With");
        foreach (var name in (string[])["Requests", "Answers", "Per second", "p99", "Takeover", "Return"])
        {
            table.AddColumn(TableParts.Right(name));
        }

        foreach (var partner in status.Partners)
        {
            string[] cells = [partner.Domain, partner.At ?? "nobody", Figures.Count(partner.Requests.Total), Figures.Count(partner.Answers.Total),
                Figures.Count(partner.Answers.PerSecond), Figures.Latency(partner.Answers.P99Micros), Took(partner.Takeover), Took(partner.Return)];
            table.AddRow(cells.Select(cell => new Text(cell, partner.At is null ? Dead : null)));
        }

        return table;
    }

    private static string Took(TimeSpan? took) => took is { } span ? Figures.Latency((long)span.TotalMicroseconds) : "";
}
