using EdgePool.Edge.Telemetry;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgePool.Server.Demo.Display;

/// <summary>What the demos' screens are made of.</summary>
internal static class TableParts
{
    private const int Width = 98;

    /// <summary>A table with these columns, as wide as the screen.</summary>
    public static Table Plain(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Rounded, Width = Width };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Cell(column)));
        }

        return table;
    }

    /// <summary>A column of numbers.</summary>
    public static TableColumn Right(string name) => new TableColumn(Cell(name)).RightAligned();

    /// <summary>A text that is no markup.</summary>
    public static Text Cell(string text) => new(text);

    /// <summary>An account. While stanzas move, the counters are not read at one instant: the verdict on the balance is for the end.</summary>
    public static Table Account(string whose, LedgerSnapshot ledger)
    {
        var table = Plain("Ledger");
        var numbers = new[] { ("Accepted", ledger.Accepted), ("Delivered", ledger.Delivered), ("Bounced", ledger.Bounced), ("Dropped", ledger.Dropped), ("In flight", ledger.InFlight) };
        foreach (var (name, _) in numbers)
        {
            table.AddColumn(Right(name));
        }

        table.AddRow([Cell(whose), .. numbers.Select(number => Cell(Figures.Count(number.Item2)))]);
        return table;
    }

    /// <summary>The node's latest warnings, each on one line.</summary>
    public static IEnumerable<IRenderable> Warnings(IEnumerable<string> lines) => lines.Select(line => Line(line, new Style(Color.Yellow)));

    /// <summary>One line, cut where the screen ends.</summary>
    public static Text Line(string text, Style? style = null) => new(text.Length > Width ? text[..(Width - 1)] + "…" : text, style);
}
