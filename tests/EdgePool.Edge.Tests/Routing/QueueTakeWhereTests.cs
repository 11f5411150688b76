using System.Globalization;
using System.Text;
using EdgePool.Edge.Routing;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Framing;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

// POL-19: what a new policy refuses is taken out of the middle of a queue.
public sealed class QueueTakeWhereTests
{
    private readonly StanzaReading reading = new();
    private readonly StanzaQueue queue = new(new QueueLimits(1_000, 1 << 20, 1 << 20), new VirtualTimeProvider());

    [Theory]
    [InlineData("", "0 1 2 3 4 5 6 7 8 9")]
    [InlineData("0", "1 2 3 4 5 6 7 8 9")]
    [InlineData("9", "0 1 2 3 4 5 6 7 8")]
    [InlineData("0 1 2 3", "4 5 6 7 8 9")]
    [InlineData("4 5 6 7", "0 1 2 3 8 9")]
    [InlineData("8 9", "0 1 2 3 4 5 6 7")]
    [InlineData("1 3 5 7 9", "0 2 4 6 8")]
    [InlineData("0 1 2 3 4 5 6 7 8 9", "")]
    public void TakeWhere_Some_BothPartsKeepTheirOrder(string meant, string kept)
    {
        // Four to a segment.
        for (var i = 0; i < 10; i++)
            Add(i, StanzaSegment.TargetBytes / 5);
        var bytes = queue.Bytes;
        var wanted = meant.Split(' ').ToHashSet(StringComparer.Ordinal);

        var taken = queue.TakeWhere((xml, _, _) => wanted.Contains(Id(xml)));

        Assert.Equal(meant, taken is null ? "" : Ids(taken));
        Assert.Equal((10, bytes), (queue.Accepted, queue.Bytes)); // in flight until they have ended
        if (taken is not null)
            queue.Release(taken);
        Add(10, 1);
        Assert.Equal((kept + " 10").Trim(), string.Join(' ', Drain()));
        Assert.Equal((0, 0), (queue.Accepted, queue.Bytes));
    }

    [Fact]
    public void TakeWhere_OurOwn_AreToldApartAndNotCounted()
    {
        Add(1, 1);
        Assert.True(queue.EnqueueOwn("<message id='2'/>"u8));
        Add(3, 1);

        var taken = queue.TakeWhere(static (_, own, _) => own)!;

        Assert.Equal((1, 0), (taken.Entries, taken.Accepted));
        queue.Release(taken);
        Assert.Equal(2, queue.Accepted);
        Assert.Equal(["1", "3"], Drain());
    }

    [Fact]
    public void TakeWhere_WhatAWriterHasTaken_StaysWithIt()
    {
        Add(1, 1);
        var writing = queue.Take()!;
        Add(2, 1);

        var taken = queue.TakeWhere(static (_, _, _) => true)!;

        Assert.Equal(("1", "2"), (Ids(writing), Ids(taken)));
        queue.Release(taken);
        queue.Release(writing);
        Assert.Equal((0, 0), (queue.Accepted, queue.Bytes));
    }

    private static string Id(ReadOnlySpan<byte> xml)
    {
        var text = Encoding.UTF8.GetString(xml);
        var at = text.IndexOf("id='", StringComparison.Ordinal) + 4;
        return text[at..text.IndexOf('\'', at)];
    }

    private static string Ids(StanzaSegment segment)
        => string.Join(' ', Enumerable.Range(0, segment.Entries).Select(i => Id(segment.Entry(i, out _).Span)));

    private List<string> Drain()
    {
        var ids = new List<string>();
        while (queue.Take() is { } segment)
        {
            ids.AddRange(Ids(segment).Split(' '));
            queue.Release(segment);
        }

        return ids;
    }

    private void Add(int id, int bodyBytes)
        => queue.Enqueue(
            reading.Read(StanzaReading.Message("a@p1.example", "b@edge.example", id.ToString(CultureInfo.InvariantCulture), bodyBytes)),
            ContentNamespace.Component,
            "a@p1.example"u8,
            "b@edge.example"u8);
}
