using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

// XEP-0220 section 2.6: further pairs on a stream of ours.
public class FurtherPairTests
{
    private const string Errors = "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";

    private static string Key(string local, string remote) => new DialbackKeys("s3cr3tf0rd14lb4ck").KeyFor(DomainName.Parse(remote), DomainName.Parse(local), "R");

    private static string Result(string local, string remote) => $"S: <db:result from='{local}' to='{remote}'>{Key(local, remote)}</db:result>";

    private static OutboundDialogue Authenticated(string certificate = "p1.example", string features = Errors) => new OutboundDialogue(Terms.TlsDialbackOnly, directTls: true).Play($"""
        start:
        * start tls
        tls: {certificate}
        S: <stream:stream from='edge.example' to='p1.example' version='1.0'>
        C: <stream:stream id='R' from='p1.example' to='edge.example' version='1.0'>
        C: <stream:features>{features}</stream:features>
        {Result("edge.example", "p1.example")}
        C: <db:result from='p1.example' to='edge.example' type='valid'/>
        * authenticated edge.example<-p1.example DialbackOverTls
        """);

    [Theory]
    [InlineData("edge2.example", "p1.example")] // another domain of ours
    [InlineData("edge.example", "p2.example")] // another domain of theirs
    public void Ask_Valid_Authenticated(string local, string remote) => Authenticated().Play($"""
        ask: {local} {remote}
        {Result(local, remote)}
        C: <db:result from='{remote}' to='{local}' type='valid'/>
        * authenticated {local}<-{remote} DialbackOverTls
        """);

    [Theory]
    [InlineData("type='invalid'/>", "invalid")]
    [InlineData("type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>", "item-not-found")]
    public void Ask_Refused_TheStreamStands(string answer, string reason) => Authenticated().Play($"""
        ask: edge2.example p1.example
        {Result("edge2.example", "p1.example")}
        C: <db:result from='p1.example' to='edge2.example' {answer}
        * refused edge2.example<-p1.example {reason}
        ask: edge.example p2.example
        {Result("edge.example", "p2.example")}
        C: <db:result from='p2.example' to='edge.example' type='valid'/>
        * authenticated edge.example<-p2.example DialbackOverTls
        """);

    [Fact] // DB-08
    public void Answer_Unasked_Dropped() => Authenticated().Play("""
        C: <db:result from='p2.example' to='edge.example' type='valid'/>
        * dropped unsolicited-dialback
        C: <db:verify from='p2.example' to='edge.example' id='R' type='valid'/>
        * dropped unsolicited-dialback
        """);

    [Fact]
    public void Answer_Twice_OrLate_Dropped() => Authenticated().Play($"""
        ask: edge2.example p1.example
        {Result("edge2.example", "p1.example")}
        give up: edge2.example p1.example
        * refused edge2.example<-p1.example no answer in time
        C: <db:result from='p1.example' to='edge2.example' type='valid'/>
        * dropped unsolicited-dialback
        """);

    [Fact]
    public void Ask_WithoutDialbackErrors_Refused() => Authenticated(features: "<dialback xmlns='urn:xmpp:features:dialback'/>").Play("""
        ask: edge2.example p1.example
        * refused edge2.example<-p1.example the stream takes no further pair
        """);

    [Fact]
    public void MayCarry_ByTerms()
    {
        var stream = Authenticated("p1.example").Negotiation;
        var further = new DomainPair(DomainName.Parse("edge2.example"), DomainName.Parse("p1.example"));
        Assert.True(stream.MayCarry(further, Terms.TlsDialbackOnly));
        Assert.True(stream.MayCarry(further, Terms.SaslOrTlsDialback));
        Assert.False(stream.MayCarry(further, Terms.SaslOnly));
        Assert.False(stream.MayCarry(further, Terms.TcpDialbackOnly));
        Assert.True(stream.MayCarry(further, Terms.Parse("trusted-tls-dialback")));
        Assert.False(stream.MayCarry(further with { Remote = DomainName.Parse("p2.example") }, Terms.Parse("trusted-tls-dialback")));
        Assert.False(Authenticated("1.2 p1.example").Negotiation.MayCarry(further, Terms.TlsDialbackOnly with { MinimumTls = TlsVersion.Tls13 }));
    }

    // SASL names no further pair; where it may serve, a pair has a stream of its own.
    [Theory]
    [InlineData("sasl+tls-dialback", false)]
    [InlineData("tls-dialback", true)]
    public void MayCarry_OnAStreamBySasl_OnlyWithoutSasl(string terms, bool may)
    {
        var stream = new OutboundDialogue(Terms.SaslOrTlsDialback, directTls: true);
        stream.Feed("start:");
        stream.Feed("tls: p1.example");
        stream.Feed("C: <stream:stream id='R' from='p1.example' version='1.0'>");
        stream.Feed("C: <stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>");
        stream.Feed("C: <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        stream.Feed("C: <stream:stream id='R2' from='p1.example' version='1.0'>");
        stream.Feed($"C: <stream:features>{Errors}</stream:features>");
        Assert.Equal(may, stream.Negotiation.MayCarry(new DomainPair(DomainName.Parse("edge2.example"), DomainName.Parse("p1.example")), Terms.Parse(terms)));
    }

    [Fact]
    public void Ask_SixteenPairs_TheNextIsRefused()
    {
        var stream = Authenticated().Negotiation;
        for (var i = 1; i < OutboundNegotiation.MostPairs; i++)
            Assert.IsType<NegotiationEffect.Send>(Assert.Single(stream.Ask(Pair(i), Terms.TlsDialbackOnly)));
        Assert.IsType<NegotiationEffect.PairRefused>(Assert.Single(stream.Ask(Pair(99), Terms.TlsDialbackOnly)));

        static DomainPair Pair(int number) => new(DomainName.Parse($"edge{number}.example"), DomainName.Parse("p1.example"));
    }
}
