using EdgePool.Cluster.Etcd.Messages;
using EdgePool.Cluster.Etcd.Spaces;

namespace EdgePool.Cluster.Tests.Etcd;

/// <summary>What one transaction takes.</summary>
public sealed class SpaceGroupsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1, 1)]
    [InlineData(120, 120)]
    [InlineData(121, 120, 1)]
    [InlineData(300, 120, 120, 60)]
    public void Groups_ManyOperations_AtMostSoMany(int operations, params int[] groups)
        => Assert.Equal(groups, Space.Groups(Enumerable.Range(0, operations).Select(i => Space.Delete($"{i}"))).Select(g => g.Count));

    [Fact]
    public void Groups_LargeOperations_AtMostSoManyBytes()
    {
        var half = Put(Space.MaxBytes / 2);
        var exactly = Put(Space.MaxBytes - half.CalculateSize() - (half.CalculateSize() - (Space.MaxBytes / 2)));
        Assert.Equal(Space.MaxBytes, half.CalculateSize() + exactly.CalculateSize());

        Assert.Equal([2], Space.Groups([half, exactly]).Select(g => g.Count));
        Assert.Equal([2, 1], Space.Groups([half, exactly, Space.Delete("a")]).Select(g => g.Count));
        Assert.Equal([1, 1], Space.Groups([half, Put(Space.MaxBytes / 2 + 1)]).Select(g => g.Count));
    }

    // It goes alone; etcd says what it thinks of it.
    [Fact]
    public void Groups_OperationAboveTheBytes_GoesAlone()
        => Assert.Equal([1, 1, 1], Space.Groups([Space.Delete("a"), Put(Space.MaxBytes + 1), Space.Delete("b")]).Select(g => g.Count));

    private static RequestOp Put(int bytes) => Space.Put("k", new DocumentRecord { Body = new string('x', bytes) });
}
