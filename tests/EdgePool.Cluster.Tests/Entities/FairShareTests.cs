using EdgePool.Cluster.Entities;

namespace EdgePool.Cluster.Tests.Entities;

public sealed class FairShareTests
{
    private static readonly string[] Names = ["node-a", "node-b", "node-c", "node-d", "node-e"];

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(1_003)]
    public void Of_AllNodesOfOnePool_IsTheWhole(long whole)
    {
        for (var partner = 0; partner < 200; partner++)
        {
            var shares = Names.Select(node => FairShare.Of($"p{partner}.example", whole, node, Names)).ToArray();
            Assert.Equal(whole, shares.Sum());
            Assert.True(shares.Max() - shares.Min() <= 1);
        }
    }

    [Fact]
    public void Of_FewerThanNodes_DiffersFromPartnerToPartner()
    {
        var first = Enumerable.Range(0, 500).CountBy(partner => Names.Single(node => FairShare.Of($"p{partner}.example", 1, node, Names) == 1)).ToDictionary();
        Assert.All(Names, node => Assert.InRange(first[node], 60, 140));
    }

    [Fact]
    public void Order_IsThatOfTheSharesLeftOver()
        => Assert.All(Enumerable.Range(0, 100).Select(static p => $"p{p}.example"), static partner => Assert.Equal(
            FairShare.Order(partner, Names).Take(3), Names.Where(node => FairShare.Of(partner, 3, node, Names) == 1).OrderBy(node => Array.IndexOf(FairShare.Order(partner, Names), node))));

    // The proof that ShareOwner rests on: whoever thinks what of the pool, as long as those who have a share count each other.
    [Fact]
    public void Of_NodesThatThinkOfDifferentPools_IsNeverMoreThanTheWhole()
    {
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var holders = Names.Where(_ => random.Next(2) == 0).ToArray();
            var whole = random.Next(12);
            Assert.True(holders.Sum(node => FairShare.Of("p.example", whole, node, [.. holders, .. Names.Except(holders).Where(_ => random.Next(2) == 0)])) <= whole);
        }
    }
}
