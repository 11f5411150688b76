using EdgePool.Server.Demo.Load;
using Xunit;

namespace EdgePool.Server.Tests.Demo;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Percentile_NothingRecorded_IsZero() => Assert.Equal(0, LatencyHistogram.Percentile(0.99, new LatencyHistogram()));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(1_000)]
    [InlineData(999_999)]
    [InlineData(LatencyHistogram.Longest)]
    public void Percentile_OneLatency_IsAtMostOneSixtyFourthAbove(long micros)
    {
        var read = LatencyHistogram.Percentile(0.5, Of(micros));

        Assert.InRange(read, micros, micros + (micros / 64));
    }

    [Theory]
    [InlineData(-5, 0)]
    [InlineData(LatencyHistogram.Longest * 10, LatencyHistogram.Longest)]
    public void Record_OutsideTheRange_CountsAtItsEnd(long micros, long expected)
        => Assert.Equal(expected, LatencyHistogram.Percentile(1, Of(micros)));

    [Fact]
    public void Percentile_TwoHistograms_IsOfBothTogether()
    {
        var fast = Of([.. Enumerable.Range(1, 50).Select(n => (long)n)]);
        var slow = Of([.. Enumerable.Range(1, 50).Select(_ => 10_000L)]);

        Assert.Equal(50, LatencyHistogram.Percentile(0.50, fast, slow));
        Assert.InRange(LatencyHistogram.Percentile(0.51, fast, slow), 10_000, 10_157);
        Assert.Equal(1, LatencyHistogram.Percentile(0.01, fast, slow));
    }

    [Fact]
    public void Percentile_EveryMicrosecondUpToTenMilliseconds_IsTheRank()
    {
        var histogram = Of([.. Enumerable.Range(1, 10_000).Select(n => (long)n)]);

        Assert.InRange(LatencyHistogram.Percentile(0.50, histogram), 5_000, 5_079);
        Assert.InRange(LatencyHistogram.Percentile(0.99, histogram), 9_900, 10_055);
        Assert.Equal(10_000, histogram.Count);
    }

    private static LatencyHistogram Of(params long[] micros)
    {
        var histogram = new LatencyHistogram();
        foreach (var latency in micros)
        {
            histogram.Record(TimeSpan.FromMicroseconds(latency));
        }

        return histogram;
    }
}
