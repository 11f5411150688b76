// Many of them wait for programs that start, or for time: one more than the two cores of the machine on which they run before a change is taken.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]

namespace EdgePool.Interop.Tests.Faults;

/// <summary>Tests that load the whole machine: no other test runs beside them.</summary>
[CollectionDefinition(nameof(MachineOfItsOwn), DisableParallelization = true)]
public sealed class MachineOfItsOwn;
