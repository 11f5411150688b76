using System.Net.Sockets;
using EdgePool.Edge;
using EdgePool.Server.Cli;
using EdgePool.Server.Demo.Display;
using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Pool;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace EdgePool.Server.Demo;

/// <summary>One run of <c>edgepool demo</c>: start, send, let the last answers come, stop, account.</summary>
internal sealed class DemoRun(DemoSettings settings, TimeProvider time)
{
    /// <summary>Messages that may be unanswered at a given rate; above this the demo slows down rather than pile up.</summary>
    private const int PacedWindow = 16_384;

    /// <summary>Messages that are unanswered at any time when as many go as can: enough to keep every stage busy, few enough for latencies to mean something.</summary>
    private const int FloodWindow = 1_024;

    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestFinish = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private DemoScene? scene;
    private RecentWarnings? warnings;
    private DemoPhase phase = DemoPhase.Starting;
    private long begun;
    private DemoStatus? shown;
    private long shownAt;

    /// <summary>The handler of the command: a live table in a terminal, else lines on standard error.</summary>
    public static Task<int> HandleAsync(DemoSettings settings, TextWriter output, CancellationToken cancellation)
        => settings.Nodes > 1
            ? PoolDemoRun.HandleAsync(settings, output, Console.Error, cancellation)
            : HandleAsync(settings, output, Console.Error, live: !settings.Json && ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected, cancellation);

    /// <summary>Runs the demo and writes its result to <paramref name="output"/>.</summary>
    public static async Task<int> HandleAsync(DemoSettings settings, TextWriter output, TextWriter error, bool live, CancellationToken cancellation)
    {
        var run = new DemoRun(settings, TimeProvider.System);
        try
        {
            DemoResult? result = null;
            if (live)
            {
                using var log = new RecentWarnings(target: null, TimeProvider.System);
                await AnsiConsole.Live(Text.Empty).StartAsync(async context => result = await run.RunAsync(new Screen(context), log, cancellation));
            }
            else
            {
                using var log = new RecentWarnings(error, TimeProvider.System);
                result = await run.RunAsync(new ProgressLines(error), log, cancellation);
            }

            return Report(result!, settings, output);
        }
        catch (Exception fault) when (fault is DemoException or ListenException or SocketException)
        {
            error.WriteLine($"edgepool: the demo cannot go on: {fault.Message} — {(fault as DemoException)?.Remedy ?? DemoException.UsualRemedy}");
            return fault is DemoException ? ExitCode.Failed : ExitCode.Unavailable;
        }
    }

    private static int Report(DemoResult result, DemoSettings settings, TextWriter output)
    {
        if (settings.Json)
        {
            output.WriteLine(result.ToJson());
        }
        else
        {
            Summary.Write(result, output);
        }

        return result.IsGood ? ExitCode.Success : ExitCode.Failed;
    }

    /// <summary>The whole run. Cancellation ends the sending early; all that was sent is still waited for.</summary>
    /// <exception cref="DemoException">Something did not come up, or a stream broke.</exception>
    public async Task<DemoResult> RunAsync(IDemoDisplay display, RecentWarnings log, CancellationToken cancellation)
    {
        warnings = log;
        using var logs = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Warning).AddProvider(log));
        await using var playing = new DemoScene(logs, time);
        scene = playing;
        try
        {
            display.Show(Status());
            await StartAsync(cancellation);
            var elapsed = await FlowAsync(display, cancellation);
            Enter(DemoPhase.Stopping, display);
            log.Stopping = true;
            await playing.Node.StopAsync();
            return new DemoResult(playing.Node.Ledger.Read(), playing.Requests, playing.Answers, elapsed);
        }
        finally
        {
            log.Stopping = true;
        }
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(LongestStart, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await scene!.StartAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            throw cancellation.IsCancellationRequested
                ? new DemoException("it was interrupted before the first stanza", "let it run for a few seconds")
                : new DemoException($"no stanza went there and back within {Figures.Time(LongestStart)}");
        }
    }

    private async Task<TimeSpan> FlowAsync(IDemoDisplay display, CancellationToken cancellation)
    {
        using var over = new CancellationTokenSource(settings.Duration ?? Timeout.InfiniteTimeSpan, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, over.Token);
        begun = time.GetTimestamp();
        shown = null;
        phase = DemoPhase.Running;
        var plan = new LoadPlan(settings.Rate, settings.Rate == 0 ? FloodWindow : PacedWindow);
        var sending = scene!.SendAsync(plan, stop.Token);
        await WatchAsync(sending, display);
        await sending;
        Enter(DemoPhase.Finishing, display);
        await WatchAsync(AllAnsweredAsync(), display);
        return time.GetElapsedTime(begun);
    }

    private async Task AllAnsweredAsync()
    {
        var since = time.GetTimestamp();
        while (scene!.Unanswered > 0 && time.GetElapsedTime(since) < LongestFinish)
        {
            await Task.Delay(Look, time, CancellationToken.None);
        }
    }

    private async Task WatchAsync(Task work, IDemoDisplay display)
    {
        using var ticks = new PeriodicTimer(display.Every, time);
        while (await Task.WhenAny(work, ticks.WaitForNextTickAsync(CancellationToken.None).AsTask()) != work)
        {
            display.Show(Status());
        }
    }

    private void Enter(DemoPhase next, IDemoDisplay display)
    {
        phase = next;
        display.Show(Status());
    }

    private DemoStatus Status()
    {
        var now = time.GetTimestamp();
        var since = shown is null ? begun : shownAt;
        var between = begun == 0 ? TimeSpan.Zero : time.GetElapsedTime(since, now);
        var status = new DemoStatus(
            phase,
            begun == 0 ? TimeSpan.Zero : time.GetElapsedTime(begun, now),
            settings.Duration,
            DirectionStatus.Of(scene!.Requests, shown?.Requests, between),
            DirectionStatus.Of(scene.Answers, shown?.Answers, between),
            scene.Unanswered,
            scene.Node.Ledger.Read(),
            scene.Node.Streams.All,
            warnings!.Latest);
        if (phase == DemoPhase.Running)
        {
            (shown, shownAt) = (status, now);
        }

        return status;
    }
}
