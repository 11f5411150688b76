using EdgePool.Edge.Telemetry;
using EdgePool.Server.Demo;
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
    public void LiveTable_LargeNumbersAndLongWarnings_FitIntoTheTerminal(string phase, int columns)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = columns;

        console.Write(LiveTable.Of(Status(Enum.Parse<DemoPhase>(phase)) with { Warnings = [new string('w', 300), "[red]not markup[/]"] }));

        var lines = text.ToString().Split('\n');
        Assert.All(lines, line => Assert.True(line.TrimEnd().Length <= columns, line));
        Assert.Contains(lines, line => line.Contains("[red]not markup[/]"));
        Assert.True(columns < 100 || Array.Exists(lines, line => line.Contains("86 400 000 000")));
    }

    [Fact]
    public void ProgressLines_Running_SaysHowFarItIs()
    {
        using var text = new StringWriter();

        new ProgressLines(text).Show(Status(DemoPhase.Running));

        Assert.Equal(
            "edgepool demo: 5 s of 20 s: in 86 400 000 000 (1 000 000/s, p50 1.00 ms, p99 100.0 s); out 86 400 000 000 (1 000 000/s, p50 1.00 ms, p99 100.0 s); 7 unanswered",
            text.ToString().TrimEnd());
    }

    private static DemoStatus Status(DemoPhase phase) => new(
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
