using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Messages;

namespace EdgePool.Cluster.Tests.Etcd;

/// <summary>Length-prefixed messages (gRPC over HTTP/2, "Length-Prefixed-Message").</summary>
public sealed class GrpcFrameTests
{
    [Fact]
    public async Task Read_TwoMessages_ThenNone()
    {
        using var body = new MemoryStream([.. GrpcFrame.Of(Lease(1)), .. GrpcFrame.Of(Lease(300))]);

        Assert.Equal(1, (await ReadAsync(body))!.ID);
        Assert.Equal(300, (await ReadAsync(body))!.ID);
        Assert.Null(await ReadAsync(body));
    }

    [Fact]
    public async Task Read_EmptyMessage_IsOne()
    {
        using var body = new MemoryStream(new byte[5]);

        Assert.Equal(0, (await ReadAsync(body))!.ID);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Read_CutOff_Throws(int bytes)
    {
        using var body = new MemoryStream(GrpcFrame.Of(Lease(300))[..bytes]);

        await Assert.ThrowsAsync<EndOfStreamException>(() => ReadAsync(body));
    }

    [Fact]
    public async Task Read_AtTheLimit_IsRead_AboveIt_IsRefusedByItsHeader()
    {
        var frame = GrpcFrame.Of(Lease(300));
        using var fits = new MemoryStream(frame);
        using var exceeds = new MemoryStream([0, 0, 0, 0, 4]);
        using var huge = new MemoryStream([0, 0xFF, 0xFF, 0xFF, 0xFF]);

        Assert.NotNull(await ReadAsync(fits, limit: frame.Length - 5));
        await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(exceeds, limit: 3));
        await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(huge, limit: int.MaxValue));
    }

    [Theory]
    [InlineData(1, 0, 0, 0, 0)]
    [InlineData(0, 0, 0, 0, 1, 0xFF)]
    public async Task Read_CompressedOrNoMessage_Throws(params int[] bytes)
    {
        using var body = new MemoryStream([.. bytes.Select(b => (byte)b)]);

        await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(body));
    }

    private static LeaseRevokeRequest Lease(long id) => new() { ID = id };

    private static Task<LeaseRevokeRequest?> ReadAsync(Stream body, int limit = 1024) => GrpcFrame.ReadAsync(body, LeaseRevokeRequest.Parser, limit, default);
}
