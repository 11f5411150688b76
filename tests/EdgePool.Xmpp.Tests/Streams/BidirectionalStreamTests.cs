using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

// XEP-0288 on streams of both kinds, and XEP-0478 section 3.2.
public class BidirectionalStreamTests
{
    private const string External = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";
    private const string Dialback = "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";
    private const string Bidi = "<bidi xmlns='urn:xmpp:features:bidi'/>";
    private const string Ask = "<bidi xmlns='urn:xmpp:bidi'/>";
    private const string OurHeader = "S: <stream:stream from='edge.example' to='p1.example' version='1.0'>";
    private const string PeerHeader = "C: <stream:stream id='R' from='p1.example' to='edge.example' version='1.0'>";
    private const string Auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>ZWRnZS5leGFtcGxl</auth>";
    private const string Success = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
    private const string Stanza = "<message from='a@p1.example' to='b@edge.example'/>";

    private static string Key(string local = "edge.example", string remote = "p1.example") => new DialbackKeys("s3cr3tf0rd14lb4ck").KeyFor(DomainName.Parse(remote), DomainName.Parse(local), "R");

    private static OutboundDialogue Outbound(string terms, string certificate = "p1.example") => new OutboundDialogue(Terms.Parse(terms), directTls: true).Play($"""
        start:
        * start tls
        tls: {certificate}
        {OurHeader}
        {PeerHeader}
        """);

    private static InboundDialogue Inbound(string terms, string certificate = "p1.example") => new InboundDialogue(new FakeRules().Partner("p1.example", Terms.Parse(terms)), directTls: true)
        .Begin($"tls: {certificate}", "C: <stream:stream from='p1.example' to='edge.example' version='1.0'>");

    [Fact]
    public void Outbound_OfferedAndProven_AskedForBeforeSasl()
    {
        var stream = Outbound("sasl+bidi");
        Assert.False(stream.Negotiation.Bidirectional);
        stream.Play($"""
            C: <stream:features>{External}{Bidi}</stream:features>
            S: {Ask}
            S: {Auth}
            C: {Success}
            * restart
            {OurHeader}
            {PeerHeader}
            C: <stream:features>{Bidi}</stream:features>
            * authenticated edge.example<-p1.example SaslExternal
            """);
        Assert.True(stream.Negotiation.Bidirectional);
    }

    [Fact]
    public void Outbound_OfferedAndProven_AskedForBeforeDialback()
    {
        var stream = Outbound("tls-dialback+bidi").Play($"""
            C: <stream:features>{Dialback}{Bidi}</stream:features>
            S: {Ask}
            S: <db:result from='edge.example' to='p1.example'>{Key()}</db:result>
            C: <db:result from='p1.example' to='edge.example' type='valid'/>
            * authenticated edge.example<-p1.example DialbackOverTls
            """);
        Assert.True(stream.Negotiation.Bidirectional);
    }

    [Theory] // our key is true: that proves us to the peer, not the peer to us
    [InlineData("tls-dialback+bidi", "other.example", Bidi)]
    [InlineData("tls-dialback+bidi", "untrusted", Bidi)]
    [InlineData("tls-dialback+bidi", "p1.example", "")]
    [InlineData("tls-dialback", "p1.example", Bidi)]
    [InlineData("tls-dialback+bidi", "p1.example", "<bidi xmlns='urn:xmpp:bidi'/>")]
    public void Outbound_UnprovenOrNotAllowedOrNotOffered_OneWay(string terms, string certificate, string offer)
    {
        var stream = Outbound(terms, certificate).Play($"""
            C: <stream:features>{Dialback}{offer}</stream:features>
            S: <db:result from='edge.example' to='p1.example'>{Key()}</db:result>
            C: <db:result from='p1.example' to='edge.example' type='valid'/>
            * authenticated edge.example<-p1.example DialbackOverTls
            C: {Stanza}
            S: <stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>
            * close not-authorized
            """);
        Assert.False(stream.Negotiation.Bidirectional);
    }

    [Fact]
    public void Outbound_StanzaBeforeAuthentication_NotAuthorized() => Outbound("tls-dialback+bidi").Play($"""
        C: <stream:features>{Dialback}{Bidi}</stream:features>
        S: {Ask}
        S: <db:result from='edge.example' to='p1.example'>{Key()}</db:result>
        C: {Stanza}
        S: <stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>
        * close not-authorized
        """);

    // XEP-0288 section 2.2: the peer may ask for further domains of its own; it may open a stream for them instead.
    [Fact]
    public void Outbound_DialbackRequestOfThePeer_AnsweredWithAnError() => Outbound("tls-dialback+bidi").Play($"""
        C: <stream:features>{Dialback}{Bidi}</stream:features>
        S: {Ask}
        S: <db:result from='edge.example' to='p1.example'>{Key()}</db:result>
        C: <db:result from='p1.example' to='edge.example' type='valid'/>
        * authenticated edge.example<-p1.example DialbackOverTls
        C: <db:result from='conference.p1.example' to='edge.example'>KEY</db:result>
        S: <db:result from='edge.example' to='conference.p1.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>
        """);

    [Fact]
    public void Inbound_AskedForBeforeSasl_HoldsWhenAuthenticated()
    {
        var stream = Inbound("sasl+bidi").Play($"""
            C: {Ask}
            C: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
            S: {Success}
            * restart
            """);
        Assert.False(stream.Negotiation.Bidirectional);
        stream.Play("""
            C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s2' from='edge.example' to='p1.example' version='1.0'>
            S: <stream:features><sm xmlns='urn:xmpp:sm:3'/></stream:features>
            * authenticated edge.example<-p1.example SaslExternal managed
            """);
        Assert.True(stream.Negotiation.Bidirectional);
    }

    [Fact]
    public void Inbound_NotAskedFor_OneWay() => Assert.False(Inbound("tls-dialback+bidi").Play("""
        C: <db:result from='p1.example' to='edge.example'>KEY</db:result>
        * verify edge.example<-p1.example s1 KEY
        verified: p1.example s1 valid
        * authenticated edge.example<-p1.example DialbackOverTls
        S: <db:result from='edge.example' to='p1.example' type='valid'/>
        """).Negotiation.Bidirectional);

    [Theory]
    [InlineData("tls-dialback+bidi", true)]
    [InlineData("tls-dialback", false)]
    public void Inbound_Features_OfferByTerms(string terms, bool offered)
        => new InboundDialogue(new FakeRules().Partner("p1.example", Terms.Parse(terms)), directTls: true).Play($"""
            tls: p1.example
            C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
            S: <stream:features>{Dialback}{(offered ? Bidi : "")}</stream:features>
            C: {Ask}
            {(offered ? "" : "* dropped bidi-not-offered")}
            """);

    // XEP-0288 section 2.1: not before TLS, where TLS is a choice; and what was agreed on before it is forgotten.
    [Fact]
    public void Inbound_WithoutTls_NotOffered() => new InboundDialogue(new FakeRules().Partner("p1.example", Terms.Any with { Bidirectional = true })).Play($"""
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>{Dialback}</stream:features>
        C: {Ask}
        * dropped bidi-not-offered
        """);

    [Fact]
    public void Inbound_AskedForWhenAuthenticated_PolicyViolation() => Inbound("tls-dialback+bidi").Play($"""
        C: <db:result from='p1.example' to='edge.example'>KEY</db:result>
        * verify edge.example<-p1.example s1 KEY
        verified: p1.example s1 valid
        * authenticated edge.example<-p1.example DialbackOverTls
        S: <db:result from='edge.example' to='p1.example' type='valid'/>
        C: {Ask}
        S: <stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>
        * close protocol-violation
        """); // DB-32

    [Fact]
    public void Request_CarriesLimits_BothWays()
    {
        var settings = new OutboundSettings(new OutboundGoal.Authenticate(OutboundDialogue.Pair), Terms.Parse("sasl+bidi"), new DialbackKeys("s3cr3tf0rd14lb4ck"), DirectTls: true)
        {
            Announced = new AnnouncedLimits(65_536, 300),
        };
        var outbound = new OutboundNegotiation(settings);
        outbound.Start();
        outbound.OnTlsEstablished(new FakeCertificate("p1.example"));
        outbound.OnHeader(Transcript.ReadHeader(Transcript.Argument(PeerHeader)));
        var sent = Transcript.Render(outbound.OnElement(Transcript.ReadElement($"<stream:features>{External}{Bidi}</stream:features>"))).First()[3..];
        Assert.Equal("<bidi xmlns='urn:xmpp:bidi'><limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>65536</max-bytes><idle-seconds>300</idle-seconds></limits></bidi>", sent);

        var inbound = Inbound("sasl+bidi").Begin($"C: {sent}");
        Assert.Equal(new AnnouncedLimits(65_536, 300), inbound.Negotiation.PeerLimits);
    }
}
