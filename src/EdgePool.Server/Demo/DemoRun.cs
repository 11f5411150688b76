using System.Net.Sockets;
using EdgePool.Edge;
using EdgePool.Server.Cli;
using EdgePool.Server.Demo.Display;
using EdgePool.Server.Demo.Node;
using EdgePool.Server.Demo.Pool;
using EdgePool.Server.Demo.Sites;
using Spectre.Console;

namespace EdgePool.Server.Demo;

/// <summary>One run of <c>edgepool demo</c>: which demo it is, where it is shown, and what is said of it in the end.</summary>
internal static class DemoRun
{
    /// <summary>The handler of the command: a live table in a terminal, else lines on standard error.</summary>
    public static Task<int> HandleAsync(DemoSettings settings, TextWriter output, CancellationToken cancellation)
        => HandleAsync(settings, output, Console.Error, live: !settings.Json && ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected, cancellation);

    /// <summary>Plays the demo and writes its result to <paramref name="output"/>.</summary>
    public static async Task<int> HandleAsync(DemoSettings settings, TextWriter output, TextWriter error, bool live, CancellationToken cancellation)
    {
        try
        {
            var result = await PlayAsync(Choose(settings), error, live, cancellation);
            if (settings.Json)
            {
                output.WriteLine(result.ToJson());
            }
            else
            {
                result.WriteText(output);
            }

            return result.IsGood ? ExitCode.Success : ExitCode.Failed;
        }
        catch (Exception fault) when (fault is DemoException or ListenException or SocketException)
        {
            error.WriteLine($"edgepool: the demo cannot go on: {fault.Message} — {(fault as DemoException)?.Remedy ?? DemoException.UsualRemedy}");
            return fault is DemoException ? ExitCode.Failed : ExitCode.Unavailable;
        }
    }

    private static IDemo Choose(DemoSettings settings) => settings.Nodes switch
    {
        DemoSettings.TwoSites => new SiteDemo(settings, TimeProvider.System),
        1 => new NodeDemo(settings, TimeProvider.System),
        _ => new PoolDemo(settings, TimeProvider.System),
    };

    private static async Task<IDemoResult> PlayAsync(IDemo demo, TextWriter error, bool live, CancellationToken cancellation)
    {
        using var log = new RecentWarnings(live ? null : error, TimeProvider.System);
        if (!live)
        {
            return await demo.RunAsync(new ProgressLines(error), log, cancellation);
        }

        IDemoResult? result = null;
        await AnsiConsole.Live(Text.Empty).StartAsync(async context => result = await demo.RunAsync(new Screen(context), log, cancellation));
        return result!;
    }
}
