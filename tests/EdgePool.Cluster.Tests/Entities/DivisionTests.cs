using EdgePool.Cluster.Entities;

namespace EdgePool.Cluster.Tests.Entities;

public sealed class DivisionTests
{
    // DESIGN.md section 6: the owner divides by demand; what is left over is spread for the time when nobody can be asked.
    [Theory]
    [InlineData(3, new long[] { 0, 0, 0 }, new long[] { 1, 1, 1 })]
    [InlineData(4, new long[] { 0, 0, 0 }, new long[] { 2, 1, 1 })]
    [InlineData(2, new long[] { 0, 0, 0 }, new long[] { 1, 1, 0 })]
    [InlineData(3, new long[] { 3, 0, 0 }, new long[] { 3, 0, 0 })]
    [InlineData(3, new long[] { 9, 9, 0 }, new long[] { 2, 1, 0 })]
    [InlineData(10, new long[] { 1, 9, 9 }, new long[] { 1, 5, 4 })]
    [InlineData(10, new long[] { 1, 2, 3 }, new long[] { 3, 3, 4 })]
    [InlineData(0, new long[] { 5, 5 }, new long[] { 0, 0 })]
    [InlineData(20, new long[] { 25 }, new long[] { 20 })]
    public void Of_Streams_WhoAsksForLessHasIt(long whole, long[] demands, long[] shares)
        => Assert.Equal(shares, Division.Of(BudgetKind.Streams, whole, demands));

    [Theory]
    [InlineData(300, new long[] { 0, 0, 0 }, new long[] { 100, 100, 100 })]
    [InlineData(300, new long[] { 300, 0, 0 }, new long[] { 280, 10, 10 })]
    [InlineData(300, new long[] { 300, 300, 0 }, new long[] { 145, 145, 10 })]
    [InlineData(2, new long[] { 2, 2, 2 }, new long[] { 1, 1, 0 })]
    public void Of_ARate_LeavesWhoAsksForNothingAPart(long whole, long[] demands, long[] shares)
        => Assert.Equal(shares, Division.Of(BudgetKind.StanzasIn, whole, demands));

    [Fact]
    public void Of_AnyDemands_IsTheWholeAndNobodyHasMoreThanOneThatGoesShort()
    {
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var kind = random.Next(2) == 0 ? BudgetKind.Streams : BudgetKind.BytesOut;
            var whole = random.NextInt64(random.Next(2) == 0 ? 30 : int.MaxValue);
            var demands = Enumerable.Range(0, 1 + random.Next(16)).Select(_ => random.NextInt64(whole + 1)).ToArray();
            var shares = Division.Of(kind, whole, demands);

            Assert.Equal(whole, shares.Sum());
            Assert.All(shares, static s => Assert.True(s >= 0));
            var least = shares.Where((s, i) => s < demands[i]).DefaultIfEmpty(long.MaxValue).Min();
            var floor = kind == BudgetKind.Streams ? 0 : Math.Max(1, whole / (10 * shares.Length));
            Assert.All(shares, s => Assert.True(least == long.MaxValue || s <= Math.Max(least + 1, floor)));
        }
    }
}
