using System.Collections.Concurrent;
using System.Diagnostics;

namespace EdgePool.Testing.Time;

/// <summary>
/// Runs code under test on the test's own thread, with its continuations, on a virtual clock: what the code waits for on the clock comes in its order, and the clock moves
/// on only when nothing is left to run. Whoever waits for another thread (a signal that goes by way of the pool) is not waited for while timers are set: the clock
/// runs ahead of it.
/// </summary>
public sealed class VirtualThread : SynchronizationContext
{
    private static readonly TimeSpan Others = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly BlockingCollection<Action> waiting = [];

    /// <summary>The clock.</summary>
    public VirtualTimeProvider Time { get; } = new();

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state) => waiting.Add(() => d(state));

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    /// <summary>Runs a test's dialogue to its end.</summary>
    public static void Run(Func<VirtualThread, Task> dialogue)
    {
        ArgumentNullException.ThrowIfNull(dialogue);
        var (thread, before) = (new VirtualThread(), Current);
        SetSynchronizationContext(thread);
        try
        {
            var ended = dialogue(thread);
            thread.Pump(() => ended.IsCompleted);
            ended.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Lets time pass until something holds.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), Time);
        }
    }

    /// <summary>Lets that much time pass.</summary>
    public Task PassAsync(TimeSpan time) => Task.Delay(time, Time);

    private void Pump(Func<bool> done)
    {
        var real = Stopwatch.StartNew();
        while (!done())
        {
            if (waiting.TryTake(out var next, Time.NextTimerIn is null ? Others : TimeSpan.Zero))
            {
                next();
            }
            else if (Time.NextTimerIn is { } step)
            {
                Time.Advance(step);
            }

            if (real.Elapsed > Patience)
            {
                throw new TimeoutException($"the dialogue has not ended after {Patience} ({Time.Elapsed} on its clock)");
            }
        }
    }
}
