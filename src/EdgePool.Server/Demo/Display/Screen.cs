using Spectre.Console;

namespace EdgePool.Server.Demo.Display;

/// <summary>The live table in a terminal.</summary>
internal sealed class Screen(LiveDisplayContext context) : IDemoDisplay
{
    public TimeSpan Every { get; } = TimeSpan.FromMilliseconds(500);

    public void Show(IDemoMoment moment) => context.UpdateTarget(moment.ToTable());

    public void Say(string what)
    {
        // It is in the table.
    }
}
