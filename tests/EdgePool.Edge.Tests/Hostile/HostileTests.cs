using EdgePool.Edge.Tests.Fixture;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>What holds behind every hostile case, whatever it did: the node is as it was, and a stream of another partner noticed nothing (I2, I3).</summary>
public abstract class HostileTests<TFixture>(TFixture fixture) : IAsyncDisposable
    where TFixture : EdgeFixture
{
    private protected readonly TFixture edge = fixture;

    public async ValueTask DisposeAsync()
    {
        await edge.ExpectUnharmedAsync();
        GC.SuppressFinalize(this);
    }
}
