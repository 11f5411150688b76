namespace EdgePool.Edge.Partners;

/// <summary>Gives <see cref="PresenceKeeper"/> its time, and brings it what befalls policy, away from those whom it befalls: <c>/edge/presence</c>.</summary>
internal sealed class PresenceActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(1);

    public PresenceActor(PresenceKeeper keeper)
    {
        Receive<Tick>(_ => keeper.Tick());
        Receive<PolicyChange>(change => keeper.PolicyChanged(change.Now));
        Receive<ConsentGone>(gone => keeper.ConsentGone(gone.LocalBare, gone.RemoteBare));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, TickEvery);

    private sealed class Tick
    {
        public static Tick Instance { get; } = new();
    }
}

/// <summary>A consent does not stand any more.</summary>
internal sealed record ConsentGone(byte[] LocalBare, byte[] RemoteBare);
