using EdgePool.Edge.Routing;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

// RES-08: 1 s to 300 s with full jitter.
public sealed class BackoffTests
{
    [Theory]
    [InlineData(0, 0.0, 1)]
    [InlineData(0, 1.0, 1)]
    [InlineData(1, 0.0, 1)]
    [InlineData(1, 1.0, 2)]
    [InlineData(2, 0.5, 2.5)]
    [InlineData(8, 1.0, 256)]
    [InlineData(9, 1.0, 300)]
    [InlineData(9, 0.0, 1)]
    [InlineData(1_000_000, 1.0, 300)]
    [InlineData(int.MaxValue, 0.5, 150.5)]
    public void After_Failures_DoublesUpToTheCeiling(int failures, double chance, double seconds)
        => Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.After(failures, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(300), chance));
}
