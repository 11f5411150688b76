using System.Net.Sockets;
using EdgePool.Cluster.Sharding;
using EdgePool.Edge;
using EdgePool.Server.Cli;
using EdgePool.Server.Demo.Display;
using EdgePool.Server.Demo.Load;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Demo.Pool;

/// <summary>One run of <c>edgepool demo --nodes N</c>: start, send through every node, kill one in mid-traffic, let its traffic go by another, stop in order, account.</summary>
internal sealed class PoolDemoRun(DemoSettings settings, TextWriter progress, TimeProvider time)
{
    /// <summary>Without a duration, a run of a pool has an end all the same.</summary>
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestFinish = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestTakeOver = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Reconnecting = TimeSpan.FromMilliseconds(100);

    private const int PacedWindow = 16_384;
    private const int FloodWindow = 1_024;

    /// <summary>Runs it and writes its result.</summary>
    public static async Task<int> HandleAsync(DemoSettings settings, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        try
        {
            using var warnings = new RecentWarnings(target: null, TimeProvider.System);
            var result = await new PoolDemoRun(settings, error, TimeProvider.System).RunAsync(warnings, cancellation);
            if (settings.Json)
            {
                output.WriteLine(result.ToJson());
            }
            else
            {
                result.Write(output);
            }

            return result.IsGood ? ExitCode.Success : ExitCode.Failed;
        }
        catch (Exception fault) when (fault is DemoException or ListenException or SocketException)
        {
            error.WriteLine($"edgepool: the demo cannot go on: {fault.Message} — {(fault as DemoException)?.Remedy ?? DemoException.UsualRemedy}");
            return fault is DemoException ? ExitCode.Failed : ExitCode.Unavailable;
        }
    }

    /// <summary>The whole run. Cancellation ends the sending early.</summary>
    /// <exception cref="DemoException">Something did not come up, or the pool did not recover.</exception>
    public async Task<PoolDemoResult> RunAsync(RecentWarnings log, CancellationToken cancellation)
    {
        using var logs = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Warning).AddProvider(log));
        await using var scene = new PoolDemoScene(settings.Nodes, logs, time);
        try
        {
            Say(FormattableString.Invariant($"starting {settings.Nodes} nodes in one pool, a component at each, a name server, and a partner's server with a stream to each"));
            await StartAsync(scene, cancellation);
            Say($"shards: {string.Join(", ", scene.Nodes.Select(node => FormattableString.Invariant($"{node.Name} {node.Place.Keeper.Count}")))}");
            return await FlowAsync(scene, log, cancellation);
        }
        finally
        {
            log.Stopping = true;
        }
    }

    private async Task StartAsync(PoolDemoScene scene, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(LongestStart, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await scene.StartAsync(either.Token);
            await UntilAsync(() => IsWhole(scene.Nodes), LongestStart, either.Token);
        }
        catch (OperationCanceledException)
        {
            throw cancellation.IsCancellationRequested
                ? new DemoException("it was interrupted before the pool stood", "let it run for a few seconds")
                : new DemoException($"the pool did not stand within {Figures.Time(LongestStart)}");
        }
    }

    private async Task<PoolDemoResult> FlowAsync(PoolDemoScene scene, RecentWarnings log, CancellationToken cancellation)
    {
        var duration = settings.Duration ?? Usual;
        using var over = new CancellationTokenSource(duration, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, over.Token);
        var begun = time.GetTimestamp();
        var plan = new LoadPlan(settings.Rate == 0 ? 0 : Math.Max(1, settings.Rate / settings.Nodes), settings.Rate == 0 ? FloodWindow : PacedWindow);
        var sending = Enumerable.Range(0, settings.Nodes).Select(flow => SendAsync(scene, flow, plan, stop.Token)).ToArray();
        await Task.Delay(duration / 3, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var killed = await KillAsync(scene, log, stop.Token);
        await Task.WhenAll(sending);
        await UntilAsync(() => scene.Unanswered == 0, LongestFinish, CancellationToken.None);
        var elapsed = time.GetElapsedTime(begun);
        Say("the others leave in order");
        log.Stopping = true;
        foreach (var node in scene.Nodes.Skip(1))
        {
            await node.LeaveAsync(LongestFinish);
        }

        return new PoolDemoResult(killed, [.. scene.Nodes.Skip(1).Select(node => node.Edge.Ledger.Read())], scene.Flows, elapsed);
    }

    /// <summary>Sends a flow; where its node dies, the partner's server goes on at the next node of its list.</summary>
    private async Task SendAsync(PoolDemoScene scene, int flow, LoadPlan plan, CancellationToken stop)
    {
        for (var node = flow; !await scene.SendAsync(flow, plan, stop) && !stop.IsCancellationRequested;)
        {
            scene.Flows[flow].Lose();
            node = (node + 1) % settings.Nodes;
            await ReopenAsync(scene, flow, node, stop);
        }
    }

    private async Task ReopenAsync(PoolDemoScene scene, int flow, int node, CancellationToken stop)
    {
        try
        {
            await Task.Delay(Reconnecting, time, stop);
            await scene.OpenAsync(flow, scene.Nodes[node], stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the sending is over
        }
    }

    /// <summary>Kills the first node, and takes the times until its shards have owners and its partner's traffic flows again.</summary>
    private async Task<KilledNode> KillAsync(PoolDemoScene scene, RecentWarnings log, CancellationToken stop)
    {
        var (victim, others, flow) = (scene.Nodes[0], scene.Nodes.Skip(1).ToArray(), scene.Flows[0]);
        var (shards, since) = (victim.Place.Keeper.Count, time.GetTimestamp());
        log.Stopping = true; // what is said now of broken streams is what was wished for
        await victim.KillAsync();
        var ledger = victim.Edge.Ledger.Read();
        var answered = flow.Answers.Received;
        Say(FormattableString.Invariant($"{victim.Name} is killed: it owned {shards} shards, and a third of the traffic went through it"));
        var noticed = await MeasureAsync(since, () => others.All(node => !node.Place.Keeper.View.Nodes.ContainsKey(victim.Name)), CancellationToken.None);
        var owned = await MeasureAsync(since, () => IsWhole(others), CancellationToken.None);
        Say($"the others know it after {Shown(noticed)}, and every shard has an owner again after {Shown(owned)}");
        var flowing = await MeasureAsync(since, () => flow.Answers.Received > answered, stop);
        Say($"its partner's traffic flows again, by another node, after {Shown(flowing)}");
        return new KilledNode(victim.Name, shards, ledger, noticed, owned, flowing);
    }

    /// <summary>The time until something holds; null: it did not in time.</summary>
    private async Task<TimeSpan?> MeasureAsync(long since, Func<bool> condition, CancellationToken stop)
        => await UntilAsync(condition, LongestTakeOver, stop) ? time.GetElapsedTime(since) : null;

    /// <summary>Every shard has an owner among these nodes, by their own word.</summary>
    private static bool IsWhole(IReadOnlyList<DemoNode> nodes) => nodes.Sum(node => node.Place.Keeper.Count) == Placement.Shards;

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

    private static string Shown(TimeSpan? took) => took is { } span ? Figures.Latency((long)span.TotalMicroseconds) : "MORE TIME THAN THERE WAS";

    private void Say(string what) => progress.WriteLine($"edgepool demo: {what}");
}
