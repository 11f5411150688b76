namespace EdgePool.Interop.Tests.Faults;

/// <summary>Tests that load the whole machine: no other test runs beside them.</summary>
[CollectionDefinition(nameof(MachineOfItsOwn), DisableParallelization = true)]
public sealed class MachineOfItsOwn;
