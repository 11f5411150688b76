using Xunit;

namespace EdgePool.Edge.Tests;

public sealed class SharedRandomTests
{
    [Fact]
    public void Draws_OfOneThread_AreThoseOfTheSource()
    {
        var (shared, alone) = (new SharedRandom(new Random(7)), new Random(7));

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(alone.NextDouble(), shared.NextDouble());
            Assert.Equal(alone.NextInt64(), shared.NextInt64());
            Assert.Equal(alone.Next(1, 9), shared.Next(1, 9));
        }
    }

    // What two threads draw at once from an unguarded source ends in zeros for ever.
    [Fact]
    public void Draws_OfManyThreads_AreThoseOfTheSourceInSomeOrder()
    {
        var (shared, alone) = (new SharedRandom(new Random(7)), new Random(7));
        var expected = Enumerable.Range(0, 40_000).Select(_ => alone.NextInt64()).Order();
        var drawn = new long[4][];

        Parallel.For(0, 4, thread => drawn[thread] = [.. Enumerable.Range(0, 10_000).Select(_ => shared.NextInt64())]);

        Assert.Equal(expected, drawn.SelectMany(static d => d).Order());
    }
}
