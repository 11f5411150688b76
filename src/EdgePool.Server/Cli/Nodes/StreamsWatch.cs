using System.Globalization;
using System.Text.Json;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Nodes;

/// <summary><c>edgepool streams --watch</c>: looks once a second until it is told to stop, which is its success.</summary>
/// <param name="read">Asks the node.</param>
/// <param name="time">The clock.</param>
/// <param name="output">Where to write.</param>
internal sealed class StreamsWatch(Func<CancellationToken, Task<StreamList>> read, TimeProvider time, TextWriter output)
{
    /// <summary>From look to look.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The table in place, as many lines of it as the terminal has.</summary>
    /// <param name="size">The terminal's columns and lines.</param>
    /// <param name="stop">Ends it.</param>
    public Task ShowAsync(Func<(int Columns, int Lines)> size, CancellationToken stop) => EachAsync(list => Draw(list, size()), stop);

    /// <summary>A line for each change; with <paramref name="json"/> a JSON object.</summary>
    public Task TellAsync(bool json, CancellationToken stop)
    {
        var known = new Dictionary<long, StreamView>();
        return EachAsync(
            list =>
            {
                foreach (var change in Changes(known, list, time.GetUtcNow()))
                {
                    output.WriteLine(json ? JsonSerializer.Serialize(change, WireJson.Default.StreamChange) : Line(change));
                }

                output.Flush();
            },
            stop);
    }

    /// <summary>What is different from what was known, which it brings up to date. Counts and ages are no changes.</summary>
    internal static List<StreamChange> Changes(Dictionary<long, StreamView> known, StreamList list, DateTimeOffset at)
    {
        var changes = new List<StreamChange>();
        var standing = list.Streams.Select(stream => stream.Number).ToHashSet();
        foreach (var gone in known.Values.Where(stream => !standing.Contains(stream.Number)).OrderBy(stream => stream.Number).ToList())
        {
            known.Remove(gone.Number);
            changes.Add(new StreamChange(at, "gone", gone));
        }

        foreach (var stream in list.Streams)
        {
            if (!known.TryGetValue(stream.Number, out var before))
            {
                changes.Add(new StreamChange(at, "new", stream));
            }
            else if (!string.Equals(What(before), What(stream), StringComparison.Ordinal))
            {
                changes.Add(new StreamChange(at, "changed", stream));
            }

            known[stream.Number] = stream;
        }

        return changes;
    }

    private async Task EachAsync(Action<StreamList> show, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                show(await read(stop));
                await Task.Delay(Interval, time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Ctrl+C: that is how it ends.
        }
    }

    // ANSI: home; each line overwrites and clears its rest; what is below is cleared.
    private void Draw(StreamList list, (int Columns, int Lines) size)
    {
        using var table = new StringWriter { NewLine = "\n" };
        table.WriteLine($"{time.GetUtcNow().ToString("u", CultureInfo.InvariantCulture)}  {list.Streams.Count} streams; Ctrl+C ends it");
        StreamsCommand.Write(list, table);
        var lines = table.ToString().TrimEnd('\n').Split('\n');
        var fit = Math.Max(size.Lines - 1, 3);
        var shown = lines.Length <= fit ? lines : [.. lines.Take(fit - 1), FormattableString.Invariant($"… {lines.Length - fit + 1} more")];
        output.Write("\u001b[H" + string.Concat(shown.Select(line => Cut(line, size.Columns) + "\u001b[K\n")) + "\u001b[J");
        output.Flush();
    }

    private static string Cut(string line, int columns) => columns > 1 && line.Length > columns ? string.Concat(line.AsSpan(0, columns - 1), "…") : line;

    private static string Line(StreamChange change)
        => $"{change.At.ToString("u", CultureInfo.InvariantCulture)} {change.Change,-7} {change.Stream.Number.ToString(CultureInfo.InvariantCulture)} {What(change.Stream)}";

    private static string What(StreamView stream)
    {
        var both = stream.Bidirectional.Count > 0 ? " bidirectional" : "";
        return Shown.Of($"{stream.Kind} {stream.Peer} {stream.State} {stream.Tls} {stream.Method ?? "-"} {StreamsCommand.Pairs(stream)}", 1_000).TrimEnd() + both;
    }
}
