using System.Globalization;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Service;
using EdgePool.Testing.Dns;

namespace EdgePool.Dns.Tests.Service;

// RFC 2782, "Usage rules".
public sealed class SrvOrderTests
{
    private const int Draws = 100_000;

    [Fact]
    public void Arrange_Priorities_AscendWhateverTheWeights()
    {
        var targets = new[] { Target(20, 65535), Target(10, 0), Target(65535, 1), Target(0, 5), Target(10, 9) };

        for (var seed = 0; seed < 100; seed++)
        {
            var ordered = SrvOrder.Arrange(targets, 32, new SeededRandomSource(seed));
            Assert.Equal([0, 10, 10, 20, 65535], ordered.Select(target => (int)target.Priority));
            Assert.Equal(targets.ToHashSet(), ordered.ToHashSet());
        }
    }

    [Theory]
    [InlineData("DNS-13 weights 0 0 0", "0 0 0", "0.3333333333 0.3333333333 0.3333333333")]
    [InlineData("DNS-13 0 and 100: the number 0 of 0..100 is for the weight 0", "0 100", "0.0099009901 0.9900990099")]
    [InlineData("DNS-13 65535 x 10", "65535 65535 65535 65535 65535 65535 65535 65535 65535 65535", "0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1")]
    [InlineData("one", "7", "1")]
    [InlineData("0 0 and 1: a number of 0..1", "0 0 1", "0.25 0.25 0.5")]
    [InlineData("1 and 3, either of them in front", "1 3", "0.3 0.7")]
    public void Arrange_FirstTarget_IsDistributedByWeight(string id, string weights, string shares)
    {
        var targets = Numbers(weights).Select((weight, i) => Target(10, (ushort)weight, i)).ToList();
        var random = new SeededRandomSource(2782);
        var counts = new int[targets.Count];
        for (var draw = 0; draw < Draws; draw++)
        {
            counts[targets.IndexOf(SrvOrder.Arrange(targets, 1, random)[0])]++;
        }

        var expected = Numbers(shares).ToList();
        for (var i = 0; i < counts.Length; i++)
        {
            var sigma = Math.Sqrt(Draws * expected[i] * (1 - expected[i]));
            Assert.True(Math.Abs(counts[i] - (Draws * expected[i])) <= 3 * sigma, $"{id}: target {i} came first {counts[i]} times");
        }
    }

    [Fact]
    public void Arrange_SecondTarget_IsDrawnFromTheRest()
    {
        // After 98 of 100 is taken, the rest are 1 and 1.
        var targets = new[] { Target(10, 98, 0), Target(10, 1, 1), Target(10, 1, 2) };
        var random = new SeededRandomSource(5);
        var second = 0;
        var relevant = 0;
        for (var draw = 0; draw < Draws; draw++)
        {
            var ordered = SrvOrder.Arrange(targets, 3, random);
            relevant += ordered[0].Weight == 98 ? 1 : 0;
            second += ordered[0].Weight == 98 && ordered[1] == targets[1] ? 1 : 0;
        }

        Assert.True(Math.Abs(second - (relevant * 0.5)) <= 3 * Math.Sqrt(relevant * 0.25));
    }

    [Fact]
    public void Arrange_DNS13_GreatestSum_DoesNotOverflow()
    {
        var targets = Enumerable.Range(0, 65_535).Select(i => Target(0, ushort.MaxValue, i)).ToList();
        var random = new RecordingRandom();

        var ordered = SrvOrder.Arrange(targets, 2, random);

        Assert.Equal(2, ordered.Length);
        Assert.Equal(65_535L * 65_535 + 1, random.Greatest);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(5000)]
    public void Arrange_DNS12_Count_IsTheLimitAfterSorting(int records)
    {
        var targets = Enumerable.Range(0, records).Select(i => Target((ushort)(records - i), 1, i)).ToList();

        var ordered = SrvOrder.Arrange(targets, 32, new SeededRandomSource(1));

        Assert.Equal(Enumerable.Range(1, Math.Min(records, 32)), ordered.Select(target => (int)target.Priority));
    }

    [Fact]
    public void CryptographicRandom_LargeAndSmallRanges_StayInside()
    {
        foreach (var max in new[] { 1, 2, 65_536, int.MaxValue, int.MaxValue + 1L, 65_535L * 65_535 + 1, long.MaxValue })
        {
            for (var i = 0; i < 1000; i++)
            {
                Assert.InRange(CryptographicRandomSource.Instance.Next(max), 0, max - 1);
            }
        }
    }

    private static SrvTarget Target(ushort priority, ushort weight, int number = 0)
        => new(DnsName.Parse($"h{number}.example"), 5269, DirectTls: false, priority, weight);

    private static IEnumerable<double> Numbers(string text) => text.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture));

    private sealed class RecordingRandom : IRandomSource
    {
        public long Greatest { get; private set; }

        public long Next(long exclusiveMax)
        {
            Greatest = Math.Max(Greatest, exclusiveMax);
            return exclusiveMax - 1;
        }
    }
}
