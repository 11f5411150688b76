using EdgePool.Testing.Time;

namespace EdgePool.Tests.Actors.Contract;

/// <summary>The base of the contract suite: the one place that knows how a system under test is made.</summary>
public abstract class ContractTests : TestKit
{
    /// <summary>The trait of tests that ask more than Akka.NET 1.5 and its TestKit give; its value says what.</summary>
    protected const string Beyond = "Beyond Akka.NET";

    /// <summary>A mailbox for three messages.</summary>
    protected const string BoundedMailbox = "three";

    /// <summary>Messages that a stash holds.</summary>
    protected const int StashCapacity = 5;

    protected ContractTests()
        : this(TimeProvider.System)
    {
    }

    private protected ContractTests(TimeProvider time)
        : base(new ActorSystemSettings
        {
            TimeProvider = time,
            Random = new Random(1),
            StashCapacity = StashCapacity,
            BoundedMailboxes = new Dictionary<string, int>(StringComparer.Ordinal) { [BoundedMailbox] = 3 },
        })
    {
    }
}

/// <summary>The same on virtual time.</summary>
public abstract class VirtualTimeContractTests : ContractTests
{
    protected VirtualTimeContractTests()
        : this(new TestScheduler(new VirtualTimeProvider()))
    {
    }

    private VirtualTimeContractTests(TestScheduler scheduler)
        : base(scheduler.TimeProvider)
        => Scheduler = scheduler;

    /// <summary>The clock of the system.</summary>
    protected TestScheduler Scheduler { get; }

    /// <summary>Timers that wait for their time.</summary>
    protected int ActiveTimers => Scheduler.TimeProvider.ActiveTimers;

    /// <summary>Waits until the system has set a timer, as the next one due, for this time from now.</summary>
    protected Task AwaitTimerAsync(TimeSpan due) => AwaitConditionAsync(() => Scheduler.TimeProvider.NextTimerIn == due);
}
