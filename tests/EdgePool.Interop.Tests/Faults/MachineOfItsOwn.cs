// Most of them wait for programs that start, or for time: two for each core.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace EdgePool.Interop.Tests.Faults;

/// <summary>Tests that load the whole machine: no other test runs beside them.</summary>
[CollectionDefinition(nameof(MachineOfItsOwn), DisableParallelization = true)]
public sealed class MachineOfItsOwn;
