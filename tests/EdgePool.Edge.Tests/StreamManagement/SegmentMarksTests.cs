using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using Xunit;

namespace EdgePool.Edge.Tests.StreamManagement;

public sealed class SegmentMarksTests
{
    private readonly ReceivedStanzas received = new(() => { });

    [Fact]
    public void Seal_EntriesWithAndWithoutMarks_SealsThoseThatHaveOne()
    {
        var segment = new StanzaSegment();
        segment.EndEntry(own: false);
        Fill(segment, 200);
        segment.EndEntry(own: true);

        segment.SealMarks();

        Assert.Equal(200u, received.Handled);
        segment.SealMarks();
        Assert.Equal(200u, received.Handled);
    }

    [Fact]
    public void Take_TheMark_LeavesNoneToSeal()
    {
        var segment = new StanzaSegment();
        Fill(segment, 2);

        var taken = segment.TakeMark(0);
        segment.SealMarks();

        Assert.Equal(0u, received.Handled);
        taken.Seal();
        Assert.Equal(2u, received.Handled);
    }

    [Fact]
    public void MoveWhere_EveryOther_MarksGoAlong()
    {
        var (segment, other) = (new StanzaSegment(), new StanzaSegment());
        Fill(segment, 100);
        var odd = 0;
        segment.MoveWhere((_, _, _) => odd++ % 2 == 1, other);

        other.SealMarks();
        Assert.Equal(0u, received.Handled);
        Assert.Equal((0u, 98u), (segment.TakeMark(0).Number, segment.TakeMark(49).Number));
        received.Seal(0);
        Assert.Equal(2u, received.Handled);
    }

    [Fact]
    public void Append_ToOneWithoutMarks_MarksGoAlong()
    {
        var (segment, other) = (new StanzaSegment(), new StanzaSegment());
        segment.EndEntry(own: true);
        Fill(other, 3);

        segment.Append(other);
        other.SealMarks();

        Assert.Equal((0u, 4), (received.Handled, segment.Entries));
        segment.SealMarks();
        Assert.Equal(3u, received.Handled);
    }

    [Fact]
    public void Clear_ThenReuse_HasNoMarkOfBefore()
    {
        var segment = new StanzaSegment();
        Fill(segment, 2);
        segment.Clear();
        segment.EndEntry(own: false);

        segment.SealMarks();

        Assert.Equal(0u, received.Handled);
    }

    private void Fill(StanzaSegment segment, int entries)
    {
        for (var i = 0; i < entries; i++)
            segment.EndEntry(own: false, received.Take());
    }
}
