using EdgePool.Edge.Routing;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Drain;

/// <summary>
/// A node's last <see cref="StreamTimeouts.Drain"/>: what is in flight is delivered, or answered while its sender can still hear the answer, and every
/// stream ends with <c>system-shutdown</c>. Each step ends when nothing is in flight, or when its part of the time is over:
/// <list type="number">
/// <item>no stream but components' takes further stanzas, other than what peers to whom nothing is acknowledged say until they have heard the farewell; two fifths are for that,
/// and for deliveries to components;</item>
/// <item>what waits for a stream that did not come up is answered, and components hear the farewell and are heard out; what they still say they hear no answer to, so that it
/// has all the time that is left, but for a third, to be delivered;</item>
/// <item>what still waits for a stream is answered, and a tenth is for slow targets;</item>
/// <item>what waits for them all the same is answered, and a tenth is for the answers;</item>
/// <item>the streams end, each with what waits for it before the farewell.</item>
/// </list>
/// </summary>
/// <remarks>Not guaranteed: that an answer reaches a sender whose own stream takes nothing, or to whom no stream is up. It is counted as lost.</remarks>
internal sealed class NodeShutdown(EdgeRuntime edge)
{
    private readonly TimeSpan drain = edge.Options.Timeouts.Drain;
    private readonly long since = edge.Time.GetTimestamp();
    private readonly SemaphoreSlim changed = new(0, 1);

    /// <summary>Runs the steps until every stream is gone, or nine tenths of the time are over: the rest is for what ends without waiting.</summary>
    /// <param name="routes"><c>/edge/routes</c>.</param>
    /// <param name="streams"><c>/edge/streams</c>.</param>
    public async Task RunAsync(IActorRef routes, IActorRef streams)
    {
        using var budget = new CancellationTokenSource(drain * 0.9, edge.Time);
        edge.Routes.Drained = Changed;
        edge.Streams.Changed = Changed;
        edge.Lost.Close();
        var others = new StopReading(Components: false);
        streams.Tell(others);
        routes.Tell(others); // on some of ours stanzas come too
        await UntilAsync(() => !edge.Streams.All.Any(IsHeardOut) && NothingIsForAComponentOrWaits(), Left(0.4), budget.Token);
        Answer(static route => !route.Queue.HasStream);
        streams.Tell(new StopReading(Components: true));
        await UntilAsync(() => !edge.Streams.All.Any(IsComponentHeardOut) && NothingInFlight(), Left(0.65), budget.Token);
        if (!NothingInFlight())
        {
            Answer(static route => !route.Queue.HasStream);
            await UntilAsync(NothingInFlight, Left(0.75), budget.Token);
            Answer(static _ => true);
            await UntilAsync(NothingWaitsForAStream, Left(0.85), budget.Token);
        }

        var end = new EndStream(StreamEndReason.Shutdown, new StreamError(StreamErrorCondition.SystemShutdown), "this node shuts down", Deliver: true);
        routes.Tell(end);
        streams.Tell(end);
        await UntilAsync(() => edge.Streams.Count == 0, drain, budget.Token);
    }

    /// <summary>Behind the end of every stream: what is left has no way to be delivered. A writer that was cut off answers on its own thread.</summary>
    public async Task SettleAsync()
    {
        foreach (var route in edge.Routes.All)
        {
            route.Queue.Close(BounceReason.Shutdown);
            edge.Bouncer.RefuseAll(route, BounceReason.Shutdown);
        }

        await UntilAsync(NothingInFlight, drain / 10, CancellationToken.None);
    }

    /// <summary>From now to that part of the time.</summary>
    private TimeSpan Left(double part) => drain * part is var until && edge.Time.GetElapsedTime(since) is var gone && gone < until ? until - gone : TimeSpan.Zero;

    private bool NothingInFlight() => edge.Ledger.Read().InFlight == 0;

    /// <summary>No component's, and told to end: which it may not know yet.</summary>
    private static bool IsHeardOut(StreamInfo stream)
        => stream.State is "leaving" || (stream is { Kind: StreamKind.PartnerInbound or StreamKind.InternalInbound, State: "established" });

    private static bool IsComponentHeardOut(StreamInfo stream) => stream is { Kind: StreamKind.Component, State: "established" or "leaving" };

    private bool NothingIsForAComponentOrWaits()
        => edge.Routes.Components.All(static route => route.Queue.Accepted == 0) && edge.Routes.All.All(static route => route.Queue.Bytes == 0 || route.Queue.HasStream);

    private bool NothingWaitsForAStream() => edge.Routes.All.All(static route => route.Queue.Bytes == 0 || !route.Queue.HasStream);

    /// <summary>First all is taken, then answered: an answer may go to a queue that is emptied here, and is not to be taken out again.</summary>
    private void Answer(Func<Route, bool> which)
    {
        var taken = new List<(Route Route, StanzaSegment Segment)>();
        foreach (var route in edge.Routes.All.Where(which))
        {
            while (route.Queue.Take() is { } segment)
                taken.Add((route, segment));
        }

        foreach (var (route, segment) in taken)
        {
            edge.Bouncer.Refuse(segment, route.Namespace, BounceReason.Shutdown);
            route.Queue.Release(segment);
        }
    }

    private void Changed()
    {
        try
        {
            changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // There is a signal already.
        }
    }

    private async Task UntilAsync(Func<bool> condition, TimeSpan atMost, CancellationToken budget)
    {
        using var over = new CancellationTokenSource(atMost, edge.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, budget);
        try
        {
            while (!condition())
                await changed.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Its part of the time is over.
        }
    }
}
