using EdgePool.Edge.Streams;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Streams;

// RES-12, RES-13: which inbound stream of a pair makes room for which.
public sealed class PairStreamsTests
{
    private static readonly TimeSpan Superseded = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Displaced = TimeSpan.FromSeconds(60);
    private static readonly DomainPair Pair = new(DomainName.Parse("edge.example"), DomainName.Parse("p1.example"));

    /// <summary>Silences of the older streams in seconds, oldest first, and what becomes of each: e(nds), p(robed); then whether the newer one gets in.</summary>
    [Theory]
    [InlineData(2, new int[0], "", true)]
    [InlineData(2, new[] { 0 }, "p", true)]
    [InlineData(2, new[] { 299 }, "p", true)]
    [InlineData(2, new[] { 300 }, "e", true)]
    [InlineData(2, new[] { 0, 0 }, "--", false)]
    [InlineData(2, new[] { 59, 59 }, "--", false)]
    [InlineData(2, new[] { 60, 0 }, "ep", true)]
    [InlineData(2, new[] { 0, 60 }, "pe", true)]
    [InlineData(2, new[] { 60, 120 }, "ep", true)]
    [InlineData(2, new[] { 300, 0 }, "ep", true)]
    [InlineData(2, new[] { 300, 301 }, "ee", true)]
    [InlineData(3, new[] { 60, 70, 80 }, "epp", true)]
    [InlineData(1, new[] { 59 }, "-", false)]
    [InlineData(1, new[] { 60 }, "e", true)]
    public void TryEnter_BesideOlderStreams_TheSilentGiveWay(int limit, int[] silences, string outcome, bool enters)
    {
        var pairs = new PairStreams(limit, Superseded, Displaced);
        var older = silences.Select(_ => new FakeStream()).ToList();
        foreach (var stream in older)
            Assert.True(pairs.TryEnter(Pair, stream));
        foreach (var (stream, seconds) in older.Zip(silences))
            (stream.Silence, stream.Ended, stream.Probed) = (TimeSpan.FromSeconds(seconds), false, false);

        Assert.Equal(enters, pairs.TryEnter(Pair, new FakeStream()));

        Assert.Equal(outcome, string.Concat(older.Select(s => s.Ended ? "e" : s.Probed ? "p" : "-")));
    }

    // Who has a thousand streams of a pair, all half open, makes the next one look at each once.
    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    [InlineData(300)]
    public void TryEnter_BesideManyStreams_LooksAtEachOnce(int seconds)
    {
        const int Many = 1_000;
        var pairs = new PairStreams(Many + 1, Superseded, Displaced);
        var older = Enumerable.Range(0, Many).Select(_ => new FakeStream()).ToList();
        foreach (var stream in older)
            Assert.True(pairs.TryEnter(Pair, stream));
        foreach (var stream in older)
            (stream.Silence, stream.Looks) = (TimeSpan.FromSeconds(seconds), 0);

        Assert.True(pairs.TryEnter(Pair, new FakeStream()));

        Assert.All(older, stream => Assert.Equal((1, 0), (stream.Looks, stream.Comparisons)));
        Assert.All(older, stream => Assert.Equal(seconds == 300, stream.Ended));
    }

    [Fact]
    public void Leave_AfterGivingWay_TakesNobodyElsesPlace()
    {
        var pairs = new PairStreams(1, Superseded, Displaced);
        var (old, newer) = (new FakeStream(), new FakeStream());
        Assert.True(pairs.TryEnter(Pair, old));
        old.Silence = Superseded;
        Assert.True(pairs.TryEnter(Pair, newer));

        pairs.Leave(Pair, old);

        Assert.False(pairs.TryEnter(Pair, new FakeStream()));
        pairs.Leave(Pair, newer);
        Assert.True(pairs.TryEnter(Pair, new FakeStream()));
    }

    [Fact]
    public void TryEnter_OtherPairs_HavePlacesOfTheirOwn()
    {
        var pairs = new PairStreams(1, Superseded, Displaced);
        Assert.True(pairs.TryEnter(Pair, new FakeStream()));

        Assert.False(pairs.TryEnter(Pair, new FakeStream()));
        Assert.True(pairs.TryEnter(Pair with { Remote = DomainName.Parse("p2.example") }, new FakeStream()));
    }

    private sealed class FakeStream : IPairStream
    {
        private TimeSpan silence;

        public TimeSpan Silence
        {
            get
            {
                Looks++;
                return silence;
            }
            set => silence = value;
        }

        public int Looks { get; set; }

        /// <summary>How often it was compared with another one: what a search in a list does.</summary>
        public int Comparisons { get; private set; }

        public bool Ended { get; set; }

        public bool Probed { get; set; }

        public void GiveWay() => Ended = true;

        public void Probe() => Probed = true;

        public override bool Equals(object? obj)
        {
            Comparisons++;
            return ReferenceEquals(this, obj);
        }

        public override int GetHashCode() => base.GetHashCode();
    }
}
