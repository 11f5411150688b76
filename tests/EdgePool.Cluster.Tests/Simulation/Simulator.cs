namespace EdgePool.Cluster.Tests.Simulation;

/// <summary>
/// One thread, one clock, one order of events, all drawn from a seed: the same seed gives the same run, to the last step. Code under test runs in it
/// unchanged, as long as all its waits are on the clock that it is given.
/// </summary>
internal sealed class Simulator(int seed)
{
    private readonly PriorityQueue<Action, (long At, long Order)> events = new();
    private long order;

    public Random Random { get; } = new(seed);

    /// <summary>Ticks of simulated time.</summary>
    public long Now { get; private set; }

    /// <summary>A mark of everything that has happened so far, for comparing runs.</summary>
    public ulong Trace { get; private set; } = 14695981039346656037UL;

    public long Steps { get; private set; }

    /// <summary>Called after each step.</summary>
    public Action? Check { get; set; }

    public void At(long when, Action action) => events.Enqueue(action, (Math.Max(when, Now), order++));

    public void After(TimeSpan delay, Action action) => At(Now + delay.Ticks, action);

    /// <summary>Drawn evenly.</summary>
    public TimeSpan Between(double fromMs, double toMs) => TimeSpan.FromMilliseconds(fromMs + (Random.NextDouble() * (toMs - fromMs)));

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public void Note(ulong what) => Trace = (Trace ^ what ^ (ulong)Now) * 1099511628211UL;

    public void RunUntil(TimeSpan end)
    {
        while (events.TryPeek(out _, out var next) && next.At <= end.Ticks)
        {
            var action = events.Dequeue();
            Now = next.At;
            Steps++;
            Note((ulong)next.Order);
            action();
            Check?.Invoke();
        }

        Now = end.Ticks;
    }
}

/// <summary>Where one node runs: its continuations and timers, on its own clock. It can be stopped for a while, and killed.</summary>
internal sealed class SimulatedProcess(Simulator simulator, double clockRate) : SynchronizationContext
{
    private long stoppedUntil;

    public bool Dead { get; private set; }

    /// <summary>Nothing of it runs at this moment.</summary>
    public bool Still => Dead || simulator.Now < stoppedUntil;

    public TimeProvider Time { get; } = new Clock(simulator, clockRate);

    /// <summary>Like kill -9.</summary>
    public void Kill() => Dead = true;

    /// <summary>Like SIGSTOP, and SIGCONT after that time.</summary>
    public void StopFor(TimeSpan time) => stoppedUntil = simulator.Now + time.Ticks;

    /// <summary>Runs it in this process.</summary>
    public void Run(Action action)
    {
        if (Dead)
        {
            return;
        }

        if (simulator.Now < stoppedUntil)
        {
            simulator.At(stoppedUntil, () => Run(action));
            return;
        }

        var before = Current;
        SetSynchronizationContext(this);
        ((Clock)Time).Process = this;
        try
        {
            action();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state) => simulator.At(simulator.Now, () => Run(() => d(state)));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    private sealed class Clock(Simulator simulator, double rate) : TimeProvider
    {
        public SimulatedProcess? Process { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => (long)(simulator.Now * rate);

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(GetTimestamp());

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new SimulatedTimer(simulator, Process!, () => callback(state), rate);
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private sealed class SimulatedTimer(Simulator simulator, SimulatedProcess process, Action fire, double rate) : ITimer
    {
        private int setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal(Timeout.InfiniteTimeSpan, period);
            var mine = ++setting;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                simulator.At(simulator.Now + (long)(dueTime.Ticks / rate) + 1, () => process.Run(() =>
                {
                    if (mine == setting)
                    {
                        fire();
                    }
                }));
            }

            return true;
        }

        public void Dispose() => setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}

/// <summary>The store's own clock.</summary>
internal sealed class StoreClock(Simulator simulator) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => simulator.Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Never();

    /// <summary>The store looks at its leases whenever it is asked for something.</summary>
    private sealed class Never : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
            // nothing to end
        }

        public ValueTask DisposeAsync() => default;
    }
}
