namespace EdgePool.Server.Demo.Display;

/// <summary>One line each few seconds, for logs and pipes.</summary>
internal sealed class ProgressLines(TextWriter target) : IDemoDisplay
{
    public TimeSpan Every { get; } = TimeSpan.FromSeconds(5);

    public void Show(DemoStatus status)
    {
        var of = status.Duration is { } duration ? $" of {Figures.Time(duration)}" : "";
        target.WriteLine(status.Phase switch
        {
            DemoPhase.Starting => "edgepool demo: starting a node, a partner's server, a name server and a component",
            DemoPhase.Running =>
                $"edgepool demo: {Figures.Time(status.Elapsed)}{of}: in {Direction(status.Requests)}; out {Direction(status.Answers)}; {Figures.Count(status.Unanswered)} unanswered",
            DemoPhase.Finishing => $"edgepool demo: nothing more is sent; {Figures.Count(status.Unanswered)} answers to come",
            _ => "edgepool demo: the node leaves service",
        });
    }

    private static string Direction(DirectionStatus direction)
        => $"{Figures.Count(direction.Total)} ({Figures.Count(direction.PerSecond)}/s, p50 {Figures.Latency(direction.P50Micros)}, p99 {Figures.Latency(direction.P99Micros)})";
}
