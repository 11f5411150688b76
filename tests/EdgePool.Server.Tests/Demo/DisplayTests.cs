using EdgePool.Edge.Telemetry;
using EdgePool.Server.Demo.Node;
using EdgePool.Server.Demo.Sites;
using EdgePool.Server.Demo.Display;
using Spectre.Console;
using Xunit;

namespace EdgePool.Server.Tests.Demo;

public sealed class DisplayTests
{
    private static readonly DirectionStatus Large = new(86_400_000_000, 1_000_000, 999, 99_999_999);

    [Theory]
    [InlineData(210, "0.21 ms")]
    [InlineData(3_449, "3.4 ms")]
    [InlineData(120_400, "120 ms")]
    [InlineData(2_500_000, "2.5 s")]
    public void Latency_Microseconds_AreShownInTheFittingUnit(long micros, string expected) => Assert.Equal(expected, Figures.Latency(micros));

    [Theory]
    [InlineData(59, "59 s")]
    [InlineData(125, "2 min 05 s")]
    [InlineData(3_725, "1 h 02 min")]
    public void Time_Seconds_AreShownInTheFittingUnit(int seconds, string expected) => Assert.Equal(expected, Figures.Time(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Count_Millions_AreGrouped() => Assert.Equal("1 234 567", Figures.Count(1_234_567));

    [Theory]
    [InlineData("Starting", 100)]
    [InlineData("Running", 100)]
    [InlineData("Finishing", 100)]
    [InlineData("Stopping", 100)]
    [InlineData("Running", 80)]
    [InlineData("Running", 40)]
    [InlineData("Running", 200)]
    public void NodeTable_LargeNumbersAndLongWarnings_FitIntoTheTerminal(string phase, int columns)
    {
        var lines = Lines(columns, Status(Enum.Parse<NodePhase>(phase)) with { Warnings = [new string('w', 300), "[red]not markup[/]"] });

        Assert.Contains(lines, line => line.Contains("[red]not markup[/]"));
        Assert.True(columns < 100 || Array.Exists(lines, line => line.Contains("86 400 000 000")));
    }

    [Fact]
    public void ProgressLines_Running_SaysHowFarItIs()
    {
        using var text = new StringWriter();

        new ProgressLines(text).Show(Status(NodePhase.Running));

        Assert.Equal(
            "edgepool demo: 5 s of 20 s: in 86 400 000 000 (1 000 000/s, p50 1.00 ms, p99 100.0 s); out 86 400 000 000 (1 000 000/s, p50 1.00 ms, p99 100.0 s); 7 unanswered",
            text.ToString().TrimEnd());
    }

    [Theory]
    [InlineData(100)]
    [InlineData(80)]
    [InlineData(40)]
    public void SceneTable_LargeNumbersAndLongWords_FitIntoTheTerminal(int columns)
    {
        var lines = Lines(columns, Scene() with { Warnings = [new string('w', 300)], Story = ["first [red]not markup[/]", new string('s', 300)] });

        Assert.True(columns < 100 || Array.Exists(lines, line => line.Contains("killed") && line.Contains("edge-a1")));
        Assert.True(columns < 100 || Array.Exists(lines, line => line.Contains("nobody") && line.Contains("350 ms")));
        Assert.Contains(lines, line => line.Contains("[red]"));
    }

    [Fact]
    public void SceneStatus_Line_SaysWhereEachPartnerIs() => Assert.Equal(
        "5 s of 20 s: adatum.example with no node 1 000 000/s, fabrikam.example with edge-b1 1 000 000/s; 172 800 000 000 answers, 7 under way", Scene().ToLine());

    private static string[] Lines(int columns, IDemoMoment moment)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = columns;
        console.Write(moment.ToTable());
        var lines = text.ToString().Split('\n');
        Assert.All(lines, line => Assert.True(line.TrimEnd().Length <= columns, line));
        return lines;
    }

    private static SceneStatus Scene()
    {
        var ledger = new LedgerSnapshot(172_800_000_000, 172_800_000_000, new Dictionary<BounceReason, long>(), new Dictionary<DropReason, long>(), 7, 0, 0);
        return new SceneStatus(
            TimeSpan.FromSeconds(5),
            TimeSpan.FromSeconds(20),
            [new NodeLine("edge-a1", "a", 10, IsDead: true, 0, ledger), new NodeLine("edge-b1", "b", 20, IsDead: false, 12, ledger)],
            [
                new PartnerLine("adatum.example", At: null, Large, Large, TimeSpan.FromMilliseconds(350), Return: null),
                new PartnerLine("fabrikam.example", "edge-b1", Large, Large, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(120)),
            ],
            7,
            ledger,
            [],
            []);
    }

    private static NodeStatus Status(NodePhase phase) => new(
        phase,
        TimeSpan.FromSeconds(5),
        TimeSpan.FromSeconds(20),
        Large,
        Large,
        7,
        new LedgerSnapshot(172_800_000_000, 172_800_000_000, new Dictionary<BounceReason, long>(), new Dictionary<DropReason, long>(), 7, 0, 0),
        [],
        []);
}
