using System.Collections.Concurrent;
using EdgePool.Server.Cli;
using EdgePool.Server.Demo.Display;
using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Node;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Demo.Sites;

/// <summary>A demo with several nodes: start, let every partner send, play a story meanwhile, let the last answers come, leave in order, account.</summary>
internal abstract class SceneDemo(DemoSettings settings, TimeProvider time) : IDemo
{
    /// <summary>Lines of the story that are shown.</summary>
    private const int KeptLines = 8;

    /// <summary>Messages of a partner that may be under way: what waits while a site is taken over, and no more than the buffers on the way hold.</summary>
    private const int PacedWindow = 4_096;

    private const int FloodWindow = 256;

    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestFinish = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestTakeover = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<SitePartner, TimeSpan?> takeovers = new();
    private readonly ConcurrentDictionary<SitePartner, TimeSpan?> returns = new();
    private readonly List<string> story = [];
    private SiteScene? scene;
    private IDemoDisplay? display;
    private RecentWarnings? warnings;
    private SceneStatus? shown;
    private long shownAt;
    private long begun;

    /// <summary>How long messages flow, at least.</summary>
    protected TimeSpan Duration => settings.Duration ?? Usual;

    /// <summary>What plays.</summary>
    protected SiteScene Scene => scene!;

    /// <summary>The sites.</summary>
    protected abstract IReadOnlyList<SitePlan> Plans { get; }

    /// <summary>What plays in words.</summary>
    protected abstract string Cast { get; }

    /// <summary>What happens while messages flow. It looks at <paramref name="stop"/> and comes to its end early then; it does not throw for it.</summary>
    protected abstract Task PlayAsync(CancellationToken stop);

    /// <summary>What it came to.</summary>
    protected abstract IDemoResult Conclude(SceneAccount account);

    /// <inheritdoc/>
    public async Task<IDemoResult> RunAsync(IDemoDisplay display, RecentWarnings log, CancellationToken cancellation)
    {
        (this.display, warnings) = (display, log);
        using var logs = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Warning).AddProvider(log));
        await using var playing = new SiteScene(Plans, logs, time);
        scene = playing;
        try
        {
            Say("starting " + Cast);
            await StartAsync(cancellation);
            var elapsed = await FlowAsync(cancellation);
            Say("the nodes that live leave in order");
            log.Stopping = true;
            await WatchAsync(Task.WhenAll(Living.Select(static node => node.LeaveAsync(LongestFinish))));
            return Conclude(new SceneAccount(SiteScene.Account(Living), SiteScene.Account(playing.Nodes.Except(Living)), [.. playing.Partners.Select(static partner => partner.Flow)], elapsed));
        }
        finally
        {
            log.Stopping = true;
        }
    }

    /// <summary>Something has happened.</summary>
    protected void Say(string what)
    {
        lock (story)
        {
            story.Add(what);
        }

        display!.Say(what);
    }

    /// <summary>Kills nodes in mid-traffic, all at once, and waits until the messages of the partners that they carried go another way. Returns the time that each took.</summary>
    protected async Task<IReadOnlyList<(SitePartner Partner, TimeSpan? Took)>> KillAsync(IReadOnlyList<DemoNode> nodes, Func<Task>? meanwhile, CancellationToken stop)
    {
        warnings!.Stopping = true; // what is said from now on of broken streams and dead nodes is what was wished for
        var elsewhere = Living.Except(nodes).Select(static node => node.Name).ToHashSet(StringComparer.Ordinal);
        var awaited = Scene.Partners.Where(partner => partner.At is not { } at || !elsewhere.Contains(at)).Select(partner => (Partner: partner, Way: partner.Flow.Await(by => !nodes.Contains(by.Node)))).ToArray();
        await Task.WhenAll(nodes.Select(static node => node.KillAsync()));
        await (meanwhile?.Invoke() ?? Task.CompletedTask);
        await UntilAsync(() => awaited.All(static one => one.Way.Took is not null), LongestTakeover, stop);
        foreach (var (partner, way) in awaited)
        {
            takeovers[partner] = way.Took;
        }

        return [.. awaited.Select(static one => (one.Partner, one.Way.Took))];
    }

    /// <summary>A partner ends its stream and looks for the edge anew. Returns the time until its messages went by this site; null: they do not.</summary>
    protected async Task<TimeSpan?> RenewAsync(SitePartner partner, DemoSite site, CancellationToken stop)
    {
        var way = partner.Flow.Await(by => string.Equals(by.Node.Site, site.Name, StringComparison.Ordinal) && !by.Node.IsDead);
        await partner.RenewAsync();
        await UntilAsync(() => way.Took is not null, LongestTakeover, stop);
        return returns[partner] = way.Took;
    }

    /// <summary>Waits until this part of the duration is over.</summary>
    protected async Task PassAsync(double part, CancellationToken stop)
    {
        var left = (Duration * part) - time.GetElapsedTime(begun);
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What <see cref="MeasureAsync"/> measures from.</summary>
    protected long Now => time.GetTimestamp();

    /// <summary>The time until something holds; null: it did not in time.</summary>
    protected async Task<TimeSpan?> MeasureAsync(long since, Func<bool> condition)
        => await UntilAsync(condition, LongestTakeover, CancellationToken.None) ? time.GetElapsedTime(since) : null;

    private IEnumerable<DemoNode> Living => Scene.Nodes.Where(static node => !node.IsDead);

    private async Task StartAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(LongestStart, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await WatchAsync(Scene.StartAsync(either.Token));
        }
        catch (OperationCanceledException)
        {
            throw cancellation.IsCancellationRequested
                ? new DemoException("it was interrupted before the nodes stood", "let it run for a few seconds")
                : new DemoException($"the nodes did not stand within {Figures.Time(LongestStart)}");
        }
    }

    private async Task<TimeSpan> FlowAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        begun = time.GetTimestamp();
        shown = null;
        var plan = settings.Rate == 0 ? new LoadPlan(0, FloodWindow) : new LoadPlan(Math.Max(1, settings.Rate / Scene.Partners.Count), PacedWindow);
        var sending = Scene.Partners.Select(partner => partner.SendAsync(plan, stop.Token)).ToArray();
        await WatchAsync(PlayAsync(stop.Token));
        await stop.CancelAsync();
        await Task.WhenAll(sending);
        Say("nothing more is sent; the last answers are under way");
        await WatchAsync(UntilAsync(() => Scene.UnderWay == 0, LongestFinish, CancellationToken.None));
        return time.GetElapsedTime(begun);
    }

    private async Task WatchAsync(Task work)
    {
        using var ticks = new PeriodicTimer(display!.Every, time);
        while (await Task.WhenAny(work, ticks.WaitForNextTickAsync(CancellationToken.None).AsTask()) != work)
        {
            display.Show(Status());
        }

        await work;
    }

    private async Task<bool> UntilAsync(Func<bool> condition, TimeSpan atMost, CancellationToken stop)
    {
        var since = time.GetTimestamp();
        while (!condition())
        {
            if (stop.IsCancellationRequested || time.GetElapsedTime(since) >= atMost)
            {
                return false;
            }

            await Task.Delay(Look, time, CancellationToken.None);
        }

        return true;
    }

    private SceneStatus Status()
    {
        var now = time.GetTimestamp();
        var between = begun == 0 ? TimeSpan.Zero : time.GetElapsedTime(shown is null ? begun : shownAt, now);
        string[] told;
        lock (story)
        {
            told = [.. story.TakeLast(KeptLines)];
        }

        shown = new SceneStatus(
            begun == 0 ? TimeSpan.Zero : time.GetElapsedTime(begun, now),
            Duration,
            [.. Scene.Sites.SelectMany(static site => site.Nodes.Select(node => Line(node, site.Priority)))],
            [.. Scene.Partners.Select((partner, i) => Line(partner, shown?.Partners[i], between))],
            Scene.UnderWay,
            SiteScene.Account(Scene.Nodes),
            told,
            warnings!.Latest);
        shownAt = now;
        return shown;
    }

    private static NodeLine Line(DemoNode node, ushort priority) => new(node.Name, node.Site, priority, node.IsDead, node.IsDead ? 0 : node.Edge.Streams.Count, node.Account);

    private PartnerLine Line(SitePartner partner, PartnerLine? before, TimeSpan between) => new(
        partner.Domain,
        partner.At,
        DirectionStatus.Of(partner.Flow.Requests, before?.Requests, between),
        DirectionStatus.Of(partner.Flow.Answers, before?.Answers, between),
        takeovers.GetValueOrDefault(partner),
        returns.GetValueOrDefault(partner));
}
