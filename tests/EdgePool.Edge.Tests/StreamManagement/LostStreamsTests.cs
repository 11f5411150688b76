using System.Globalization;
using EdgePool.Actors;
using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Routing;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.StreamManagement;

// XEP-0198 section 5: what is kept of streams that are lost, and for how long.
public sealed class LostStreamsTests
{
    private static readonly DomainPair Pair = new(DomainName.Parse("edge.example"), DomainName.Parse("p1.example"));

    private readonly VirtualTimeProvider time = new();
    private readonly ResumableStreams resumable = new();
    private NegotiationTerms? terms = new(AuthenticationMethods.SaslOverTls);

    [Fact]
    public void Add_UntilItsTime_IsKept()
    {
        var streams = Streams();
        var lost = Lost("a");
        streams.Add(lost, "p1");
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(lost.IsGone);

        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((true, 0), (lost.IsGone, streams.Count));
    }

    // It was lost before, and nothing has come of it since.
    [Fact]
    public void Add_ItsTimeIsOver_IsNotKept()
    {
        var streams = Streams();
        var lost = Lost("a");
        time.Advance(TimeSpan.FromSeconds(60));

        streams.Add(lost, "p1");

        Assert.Equal((true, 0), (lost.IsGone, streams.Count));
    }

    [Fact]
    public void Add_MoreThanAPartnerMay_TheOldestGoes()
    {
        var streams = Streams(new LostLimits(10, 2, 1_000_000));
        var (first, second, third, other) = (Lost("a"), Lost("b"), Lost("c"), Lost("d"));
        streams.Add(first, "p1");
        streams.Add(other, "p2");
        streams.Add(second, "p1");
        streams.Add(third, "p1");

        Assert.Equal((true, false, false, false, 3), (first.IsGone, second.IsGone, third.IsGone, other.IsGone, streams.Count));
    }

    [Fact]
    public void Add_TheNodeIsFull_IsOverAtOnce()
    {
        var streams = Streams(new LostLimits(2, 10, 1_000_000));
        for (var i = 0; i < 2; i++)
            streams.Add(Lost("old"), i.ToString(CultureInfo.InvariantCulture));
        var late = Lost("late");
        streams.Add(late, "late");

        Assert.Equal((true, 2), (late.IsGone, streams.Count));
    }

    [Fact]
    public void Add_TooManyBytes_IsOverAtOnce()
    {
        var size = Lost("size").Bytes;
        var streams = Streams(new LostLimits(10, 10, 2 * size));
        streams.Add(Lost("a"), "p1");
        streams.Add(Lost("b"), "p2");
        var late = Lost("c");
        streams.Add(late, "p3");
        Assert.True(late.IsGone);
        streams.Close();

        Assert.Equal(0, streams.Count);
        var closed = Lost("d");
        streams.Add(closed, "p1");
        Assert.True(closed.IsGone);
    }

    [Fact]
    public void TryTake_OnceAndForAll()
    {
        var streams = Streams();
        var lost = Lost("a");
        streams.Add(lost, "p1");

        Assert.True(lost.TryTake());
        Assert.False(lost.TryTake());
        Assert.Equal(0, streams.Count);
        streams.End(lost);
    }

    [Fact]
    public void Sweep_PolicyHasChanged_ThoseItForbidsGo()
    {
        var streams = Streams();
        var lost = Lost("a");
        streams.Add(lost, "p1");
        streams.Sweep();
        Assert.False(lost.IsGone);

        terms = null;
        streams.Sweep();

        Assert.True(lost.IsGone);
    }

    [Theory]
    [InlineData(AuthenticationMethod.SaslExternal, AuthenticationMethod.SaslExternal, true)]
    [InlineData(AuthenticationMethod.DialbackOverTls, AuthenticationMethod.SaslExternal, true)]
    [InlineData(AuthenticationMethod.DialbackOverTls, AuthenticationMethod.DialbackOverTls, true)]
    [InlineData(AuthenticationMethod.SaslExternal, AuthenticationMethod.DialbackOverTls, false)]
    [InlineData(AuthenticationMethod.SaslExternal, AuthenticationMethod.DialbackByCertificate, false)]
    [InlineData(AuthenticationMethod.DialbackOverTls, AuthenticationMethod.DialbackOverTcp, false)]
    public void Covers_NoWeakerThanBefore(AuthenticationMethod then, AuthenticationMethod now, bool covers)
    {
        var further = new DomainPair(Pair.Local, DomainName.Parse("p2.example"));
        Assert.Equal(covers, LostTerms.Covers([new(Pair, now), new(further, AuthenticationMethod.SaslExternal)], [new(Pair, then)]));
        Assert.False(LostTerms.Covers([new(Pair, AuthenticationMethod.SaslExternal)], [new(Pair, then), new(further, then)]));
    }

    // The counts of streams that are over are kept for a while, and no more of them than that.
    [Fact]
    public void Resumable_ManyThatAreOver_TheOldestIsForgotten()
    {
        var stream = ActorRefs.Nobody;
        for (var i = 0; i < 3 * ResumableStreams.MostPast; i++)
        {
            var id = i.ToString(CultureInfo.InvariantCulture);
            resumable.Enter(id, stream, StreamKind.PartnerInbound, new ReceivedStanzas(() => { }), []);
            Assert.Equal((1, Math.Min(i, ResumableStreams.MostPast)), (resumable.Count, resumable.Past));
            resumable.Leave(id, stream, lost: null);
        }

        Assert.Equal((0, ResumableStreams.MostPast), (resumable.Count, resumable.Past));
    }

    private LostStreams Streams(LostLimits? limits = null)
    {
        var ledger = new Ledger();
        var routes = RoutingOptions.Table(time, ledger);
        return new LostStreams(limits ?? new LostLimits(10, 10, 1_000_000), time, new Bouncer(routes, ledger), resumable);
    }

    private LostStream Lost(string id)
    {
        var sent = new SentStanzas(new SentLimits(10, 100_000), new Ledger(), time);
        return new LostStream(
            id,
            new ReceivedStanzas(() => { }),
            sent,
            new LostTerms([new(Pair, AuthenticationMethod.SaslExternal)], [], _ => terms, time.GetTimestamp(), TimeSpan.FromSeconds(60)));
    }
}
