namespace EdgePool.Interop.Tests.Faults;

/// <summary>The rows of one table so far, and the file in which it stands beside the others of this run.</summary>
public sealed class FaultTable
{
    private static readonly List<FaultTable> All = [];

    private readonly List<string> lines = [];

    /// <summary>The file that tables are written to, by the environment variable EDGEPOOL_FAULT_TABLE; null: none.</summary>
    internal static string? File => Environment.GetEnvironmentVariable("EDGEPOOL_FAULT_TABLE") is { Length: > 0 } file ? file : null;

    /// <summary>Those faults that are to be tried: all, or those whose names have the text of the environment variable EDGEPOOL_FAULT.</summary>
    internal static IEnumerable<string> Wanted(IEnumerable<string> faults)
    {
        var only = Environment.GetEnvironmentVariable("EDGEPOOL_FAULT") ?? "";
        return faults.Where(name => name.Contains(only, StringComparison.Ordinal));
    }

    internal void Add(string head, string row)
    {
        lock (All)
        {
            if (lines.Count == 0)
            {
                lines.Add(head);
                All.Add(this);
            }

            lines.Add(row);
            if (File is { } file)
                System.IO.File.WriteAllText(file, string.Join('\n', All.SelectMany(static table => table.lines.Append(""))));
        }
    }
}
