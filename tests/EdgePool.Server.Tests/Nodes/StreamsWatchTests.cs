using System.Text.Json;
using EdgePool.Server.Cli.Nodes;
using EdgePool.Server.Management.Wire;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Server.Tests.Nodes;

/// <summary><c>edgepool streams --watch</c>, on a terminal and piped, in virtual time.</summary>
public sealed class StreamsWatchTests : IDisposable
{
    private readonly VirtualTimeProvider time = new(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));
    private readonly Queue<StreamList> looks = [];
    private readonly CancellationTokenSource stop = new();
    private readonly StringWriter output = new() { NewLine = "\n" };

    public void Dispose()
    {
        stop.Dispose();
        output.Dispose();
    }

    [Fact]
    public async Task Tell_NewChangedAndGone_EachALineAndNothingElse()
    {
        Look(Stream(1, "negotiating"));
        Look(Stream(1, "negotiating") with { BytesIn = 7, AgeSeconds = 1 });
        Look(Stream(1, "established") with { Tls = "Tls13", Method = "SaslExternal", Pairs = ["a.example-b.example"], Bidirectional = ["a.example-b.example"] }, Stream(2, "connecting"));
        Look(Stream(2, "connecting"));

        await WatchAsync(watch => watch.TellAsync(json: false, stop.Token));

        Assert.Equal(
            """
            2026-11-21 12:00:00Z new     1 PartnerInbound 192.0.2.1:40000 negotiating none -
            2026-11-21 12:00:02Z changed 1 PartnerInbound 192.0.2.1:40000 established Tls13 SaslExternal a.example-b.example bidirectional
            2026-11-21 12:00:02Z new     2 PartnerInbound 192.0.2.1:40000 connecting none -
            2026-11-21 12:00:03Z gone    1 PartnerInbound 192.0.2.1:40000 established Tls13 SaslExternal a.example-b.example bidirectional

            """,
            output.ToString());
    }

    [Fact]
    public async Task Tell_Json_EachChangeIsAnObjectOnALine()
    {
        Look(Stream(1, "negotiating"));
        Look();

        await WatchAsync(watch => watch.TellAsync(json: true, stop.Token));

        var lines = output.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(["new", "gone"], lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("change").GetString()));
        Assert.Equal(1, JsonDocument.Parse(lines[1]).RootElement.GetProperty("stream").GetProperty("number").GetInt64());
    }

    // Each look begins at the top, clears what was there, and never scrolls.
    [Fact]
    public async Task Show_MoreThanTheTerminalHas_IsCutToIt()
    {
        Look([.. Enumerable.Range(1, 20).Select(number => Stream(number, "established"))]);
        Look(Stream(1, "established"));

        await WatchAsync(watch => watch.ShowAsync(() => (Columns: 40, Lines: 10), stop.Token));

        var screens = output.ToString().Split("\u001b[H")[1..];
        Assert.Equal([9, 3], screens.Select(screen => screen.Count(character => character == '\n')));
        Assert.StartsWith("2026-11-21 12:00:00Z  20 streams; Ctrl+\u2026\u001b[K\n", screens[0], StringComparison.Ordinal);
        Assert.EndsWith("… 14 more\u001b[K\n\u001b[J", screens[0], StringComparison.Ordinal);
        Assert.All(screens.SelectMany(screen => screen.Split('\n')), line => Assert.InRange(line.Replace("\u001b[K", "", StringComparison.Ordinal).Length, 0, 40));
    }

    private void Look(params StreamView[] streams) => looks.Enqueue(new StreamList(streams));

    /// <summary>Looks as often as something is to be seen, then Ctrl+C.</summary>
    private async Task WatchAsync(Func<StreamsWatch, Task> run)
    {
        var watching = run(new StreamsWatch(ReadAsync, time, output));
        while (!watching.IsCompleted)
        {
            if (time.ActiveTimers == 1)
            {
                time.Advance(StreamsWatch.Interval);
            }

            await Task.Yield();
        }

        await watching;
    }

    private async Task<StreamList> ReadAsync(CancellationToken cancellation)
    {
        if (looks.Count == 0)
        {
            await stop.CancelAsync();
            cancellation.ThrowIfCancellationRequested();
        }

        return looks.Dequeue();
    }

    private static StreamView Stream(long number, string state) => new()
    {
        Number = number,
        Kind = "PartnerInbound",
        Peer = "192.0.2.1:40000",
        State = state,
        Tls = "none",
        Pairs = [],
        AgeSeconds = 0,
        StanzasIn = 0,
        StanzasOut = 0,
        BytesIn = 0,
        BytesOut = 0,
        Queued = 0,
        BlockedSeconds = 0,
    };
}
