using EdgePool.Testing.Time;

namespace EdgePool.Testing.Actors;

/// <summary>The virtual time of a system. What a message sets in motion happens soon after Advance returns, not inside it: expect, then advance on.</summary>
public sealed class TestScheduler(VirtualTimeProvider time)
{
    /// <summary>The clock to give to the system.</summary>
    public VirtualTimeProvider TimeProvider { get; } = time;

    /// <summary>The virtual wall clock.</summary>
    public DateTimeOffset Now => TimeProvider.GetUtcNow();

    /// <summary>Moves the clock on; timers that become due fire in order.</summary>
    public void Advance(TimeSpan offset) => TimeProvider.Advance(offset);

    /// <summary>Moves the clock to an instant.</summary>
    public void AdvanceTo(DateTimeOffset when) => Advance(when - Now);
}
