using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli.Display;

/// <summary>Columns of text for a terminal, as wide as what is in them. Nothing that others wrote steers the terminal: see <see cref="Shown"/>.</summary>
internal sealed class TextTable(params string[] titles)
{
    private const int LongestCell = 200;

    private readonly List<string[]> rows = [];

    /// <summary>Adds a row; an empty cell is shown as <c>-</c>.</summary>
    public void Add(params string[] cells) => rows.Add([.. cells.Select(cell => cell.Length == 0 ? "-" : Shown.Of(cell, LongestCell))]);

    /// <summary>Writes it.</summary>
    public void WriteTo(TextWriter output)
    {
        var widths = titles.Select((title, column) => rows.Select(row => row[column].Length).Append(title.Length).Max()).ToArray();
        foreach (var row in rows.Prepend(titles))
        {
            var cells = row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadRight(widths[column]));
            output.WriteLine(string.Join("  ", cells).TrimEnd());
        }
    }
}
