using System.Buffers;
using System.Buffers.Binary;
using EdgePool.Edge.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

public sealed class PeerFrameTests
{
    [Fact]
    public void Read_WhatWasWritten_AtEveryCut()
    {
        var output = new ArrayBufferWriter<byte>();
        PeerFrame.Write(output, FrameKind.Question, [1, 2, 3], [4, 5]);
        var whole = output.WrittenSpan;

        for (var length = 0; length < whole.Length; length++)
            Assert.Equal(FrameRead.Incomplete, PeerFrame.Read(whole[..length], PeerFrame.Longest, out _, out _));
        Assert.Equal(FrameRead.Frame, PeerFrame.Read(whole, PeerFrame.Longest, out var kind, out var total));
        Assert.Equal((FrameKind.Question, whole.Length), (kind, total));
        Assert.Equal([1, 2, 3, 4, 5], whole[PeerFrame.HeaderBytes..].ToArray());
    }

    // MGT-07
    [Theory]
    [InlineData(0x80000000u, nameof(FrameRead.TooLong))]
    [InlineData(uint.MaxValue, nameof(FrameRead.TooLong))]
    [InlineData((uint)PeerFrame.Longest - 3, nameof(FrameRead.TooLong))]
    [InlineData((uint)PeerFrame.Longest - 4, nameof(FrameRead.Incomplete))]
    [InlineData(0u, nameof(FrameRead.Unknown))]
    public void Read_Length_IsJudgedBeforeMemoryIsCommitted_MGT07(uint length, string expected)
    {
        var header = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(header, length);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var read = PeerFrame.Read(header, PeerFrame.Longest, out _, out _);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(expected, read.ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    public void Read_UnknownKind_IsNoFrame_MGT07(byte kind)
        => Assert.Equal(FrameRead.Unknown, PeerFrame.Read([0, 0, 0, 9, kind], PeerFrame.Longest, out _, out _));

    [Fact]
    public void Hello_ReadsBack()
    {
        var output = new ArrayBufferWriter<byte>();
        new PeerHello("edge-ä", "i-1").Write(output);

        Assert.Equal(new PeerHello("edge-ä", "i-1"), PeerHello.Read(output.WrittenSpan[PeerFrame.HeaderBytes..]));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1 })]
    [InlineData(new byte[] { 0, 0 })]
    [InlineData(new byte[] { 1, 65, 2, 66 })]
    [InlineData(new byte[] { 1, 65, 1, 66, 0 })]
    [InlineData(new byte[] { 255, 65 })]
    public void Hello_Broken_IsNone(byte[] body) => Assert.Null(PeerHello.Read(body));
}
