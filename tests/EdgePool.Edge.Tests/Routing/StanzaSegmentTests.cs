using System.Buffers;
using System.Text;
using EdgePool.Edge.Routing;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

public sealed class StanzaSegmentTests
{
    [Fact]
    public void Entry_OursAndAccepted_AreToldApart()
    {
        var segment = new StanzaSegment();
        Write(segment, "<message/>", own: false);
        Write(segment, "<iq type='error'/>", own: true);
        Write(segment, "<presence/>", own: false);

        var entries = Enumerable.Range(0, segment.Entries).Select(i => (Encoding.UTF8.GetString(segment.Entry(i, out var own).Span), own)).ToList();

        Assert.Equal([("<message/>", false), ("<iq type='error'/>", true), ("<presence/>", false)], entries);
        Assert.Equal((3, 2), (segment.Entries, segment.Accepted));
    }

    [Fact]
    public void Entry_FirstIsOurOwn_BeginsAtZero()
    {
        var segment = new StanzaSegment();
        Write(segment, "", own: true);
        Write(segment, "<a/>", own: false);

        Assert.Equal((0, 4), (segment.Entry(0, out _).Length, segment.Entry(1, out var own).Length));
        Assert.False(own);
    }

    [Theory]
    [InlineData(0, 1_000_000, true)]
    [InlineData(StanzaSegment.TargetBytes - 10, 10, true)]
    [InlineData(StanzaSegment.TargetBytes - 10, 11, false)]
    [InlineData(StanzaSegment.TargetBytes + 1, 0, false)]
    public void HasRoomFor_AtTheTargetSize_Ends(int written, int expected, bool room)
    {
        var segment = new StanzaSegment();
        if (written > 0)
            Write(segment, new string('x', written), own: false);

        Assert.Equal(room, segment.HasRoomFor(expected));
    }

    [Fact]
    public void Clear_GivesAllBack()
    {
        var segment = new StanzaSegment();
        for (var i = 0; i < 200; i++)
            Write(segment, new string('x', 1_000), own: i % 2 == 0);
        Assert.Equal((200_000, 200, 100), (segment.Memory.Length, segment.Entries, segment.Accepted));

        segment.Clear();

        Assert.Equal((0, 0, 0, 0), (segment.Memory.Length, segment.Length, segment.Entries, segment.Accepted));
    }

    private static void Write(StanzaSegment segment, string text, bool own)
    {
        BuffersExtensions.Write(segment, Encoding.UTF8.GetBytes(text));
        segment.EndEntry(own);
    }
}
