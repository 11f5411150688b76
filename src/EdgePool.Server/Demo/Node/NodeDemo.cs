using EdgePool.Server.Cli;
using EdgePool.Server.Demo.Display;
using EdgePool.Server.Demo.Load;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Demo.Node;

/// <summary><c>edgepool demo --nodes 1</c>: start, send, let the last answers come, stop, account.</summary>
internal sealed class NodeDemo(DemoSettings settings, TimeProvider time) : IDemo
{
    /// <summary>Messages that may be unanswered at a given rate; above this the demo slows down rather than pile up.</summary>
    private const int PacedWindow = 16_384;

    /// <summary>Messages that are unanswered at any time when as many go as can: enough to keep every stage busy, few enough for latencies to mean something.</summary>
    private const int FloodWindow = 1_024;

    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestFinish = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private NodeScene? scene;
    private RecentWarnings? warnings;
    private NodePhase phase = NodePhase.Starting;
    private long begun;
    private NodeStatus? shown;
    private long shownAt;

    /// <summary>The whole run. Cancellation ends the sending early; all that was sent is still waited for.</summary>
    /// <exception cref="DemoException">Something did not come up, or a stream broke.</exception>
    public async Task<IDemoResult> RunAsync(IDemoDisplay display, RecentWarnings log, CancellationToken cancellation)
    {
        warnings = log;
        using var logs = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Warning).AddProvider(log));
        await using var playing = new NodeScene(logs, time);
        scene = playing;
        try
        {
            display.Show(Status());
            await StartAsync(cancellation);
            var elapsed = await FlowAsync(display, cancellation);
            Enter(NodePhase.Stopping, display);
            log.Stopping = true;
            await playing.Node.StopAsync();
            return new NodeDemoResult(playing.Node.Ledger.Read(), playing.Requests, playing.Answers, elapsed);
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
        phase = NodePhase.Running;
        var plan = new LoadPlan(settings.Rate, settings.Rate == 0 ? FloodWindow : PacedWindow);
        var sending = scene!.SendAsync(plan, stop.Token);
        await WatchAsync(sending, display);
        await sending;
        Enter(NodePhase.Finishing, display);
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

    private void Enter(NodePhase next, IDemoDisplay display)
    {
        phase = next;
        display.Show(Status());
    }

    private NodeStatus Status()
    {
        var now = time.GetTimestamp();
        var since = shown is null ? begun : shownAt;
        var between = begun == 0 ? TimeSpan.Zero : time.GetElapsedTime(since, now);
        var status = new NodeStatus(
            phase,
            begun == 0 ? TimeSpan.Zero : time.GetElapsedTime(begun, now),
            settings.Duration,
            DirectionStatus.Of(scene!.Requests, shown?.Requests, between),
            DirectionStatus.Of(scene.Answers, shown?.Answers, between),
            scene.Unanswered,
            scene.Node.Ledger.Read(),
            scene.Node.Streams.All,
            warnings!.Latest);
        if (phase == NodePhase.Running)
        {
            (shown, shownAt) = (status, now);
        }

        return status;
    }
}
