namespace EdgePool.Server.Demo.Display;

/// <summary>One line each few seconds, and one for whatever happens: for logs and pipes.</summary>
internal sealed class ProgressLines(TextWriter target) : IDemoDisplay
{
    public TimeSpan Every { get; } = TimeSpan.FromSeconds(5);

    public void Show(IDemoMoment moment) => Say(moment.ToLine());

    public void Say(string what) => target.WriteLine($"edgepool demo: {what}");
}
