using System.Collections;
using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Cluster.Tests.Entities;

public sealed class ShareCodecTests
{
    private static readonly BudgetKey Key = new("partner.example", BudgetKind.Streams);

    private static readonly ShareReport Report = new(
        long.MaxValue, 7, new Roster(9, Roster.Empty.Leases.Add("node-a", 1).Add("node-b", long.MinValue)), new Dictionary<int, long> { [Key.Shard] = 5, [0] = 6 },
        [new Holding(Key, 20, 3, Told: true, 4, 3, 2), new Holding(Key with { Kind = BudgetKind.BytesOut }, int.MaxValue, 0, Told: false, 0, 0, 0)])
    {
        Troubles = [new Trouble(new OutboundPair("l.example", Key.Holder), 3, 300_000, Waiting: true, Probing: false, long.MaxValue), new Trouble(new OutboundPair("m.example", Key.Holder), 0, 0, Waiting: false, Probing: true, 0)],
    };

    private static readonly ShareAnswer Answer = new(new BitArray(Placement.Shards) { [1023] = true }, [new Grant(Key, 20, 0, 1), new Grant(Key with { Holder = "" }, 1_000, null, null)])
    {
        Advices = [new Advice(new OutboundPair("l.example", "r.example"), 3, 300_000, Probing: true, 9), new Advice(new OutboundPair("m.example", "r.example"), 0, 0, Probing: false, 10)],
    };

    [Fact]
    public void Report_WrittenAndRead_IsTheSame()
    {
        var read = ShareCodec.ReadReport(ShareCodec.Write(Report))!;
        Assert.Equal((Report.Lease, Report.Sequence, Report.Nodes.Revision), (read.Lease, read.Sequence, read.Nodes.Revision));
        Assert.Equal(Report.Nodes.Leases, read.Nodes.Leases);
        Assert.Equal(Report.Shards, read.Shards);
        Assert.Equal(Report.Holdings, read.Holdings);
        Assert.Equal(Report.Troubles, read.Troubles);
    }

    [Fact]
    public void Answer_WrittenAndRead_IsTheSame()
    {
        var read = ShareCodec.ReadAnswer(ShareCodec.Write(Answer))!;
        Assert.Equal(Answer.Shards.Cast<bool>(), read.Shards.Cast<bool>());
        Assert.Equal(Answer.Grants, read.Grants);
        Assert.Equal(Answer.Advices, read.Advices);
        Assert.Null(ShareCodec.ReadAnswer(ShareCodec.Write((ShareAnswer?)null)));
        Assert.Null(ShareCodec.ReadAnswer(ShareCodec.TooLongAnswer));
        Assert.True(ShareCodec.IsTooLong(ShareCodec.TooLongAnswer));
        Assert.False(ShareCodec.IsTooLong(ShareCodec.Write(Answer)));
    }

    [Fact]
    public void Read_CutAnywhereOrLonger_IsNothing()
    {
        byte[] report = ShareCodec.Write(Report), answer = ShareCodec.Write(Answer);
        Assert.All(Enumerable.Range(0, report.Length), length => Assert.Null(ShareCodec.ReadReport(report.AsSpan(0, length))));
        Assert.All(Enumerable.Range(0, answer.Length), length => Assert.Null(ShareCodec.ReadAnswer(answer.AsSpan(0, length))));
        Assert.Null(ShareCodec.ReadReport([.. report, 0]));
        Assert.Null(ShareCodec.ReadAnswer([.. answer, 0]));
    }

    [Fact]
    public void Read_AnyOctetChanged_NeverThrows()
    {
        byte[] report = ShareCodec.Write(Report), answer = ShareCodec.Write(Answer);
        foreach (var message in new[] { report, answer })
        {
            for (var at = 0; at < message.Length; at++)
            {
                var was = message[at];
                foreach (var octet in new byte[] { 0, 1, 0x7f, 0x80, 0xff })
                {
                    message[at] = octet;
                    _ = ShareCodec.ReadReport(message);
                    _ = ShareCodec.ReadAnswer(message);
                }

                message[at] = was;
            }
        }
    }

    [Fact]
    public void Version_OfAnotherProgram_IsTold()
    {
        Assert.Null(ShareCodec.OtherVersionOf(ShareCodec.Write(Report)));
        Assert.Null(ShareCodec.OtherVersionOf(ShareCodec.Write(Answer)));
        Assert.Null(ShareCodec.OtherVersionOf(ShareCodec.Write((ShareAnswer?)null)));
        Assert.Null(ShareCodec.OtherVersionOf(ShareCodec.TooLongAnswer));
        Assert.Null(ShareCodec.OtherVersionOf([]));
        Assert.Equal((byte)(ShareCodec.Version + 1), ShareCodec.OtherVersionOf([ShareCodec.Version + 1, 0, 0]));
        Assert.Equal(ShareCodec.Version, ShareCodec.OtherVersionOf(ShareCodec.OtherVersionAnswer));
    }

    [Fact]
    public void Read_AHoldingOfAnotherShard_IsNothing()
        => Assert.Null(ShareCodec.ReadReport(ShareCodec.Write(Report with { Shards = new Dictionary<int, long> { [0] = 6 } })));
}
