using System.Text;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

// RFC 6120 sections 4 to 6, XEP-0178 section 3 and XEP-0220 section 2.1 on streams that we open.
public class OutboundStreamTests
{
    private const string Tls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    private const string External = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";
    private const string Dialback = "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";
    private const string Header = "S: <stream:stream from='edge.example' to='p1.example' version='1.0'>";
    private const string Auth = "S: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>ZWRnZS5leGFtcGxl</auth>";

    private static string Peer(string id = "R") => $"C: <stream:stream id='{id}' from='p1.example' to='edge.example' version='1.0'>";

    // Its prefix db is declared, as in all headers of this suite unless it spells its namespaces out.
    private static string PeerWithoutDialback(string id = "R")
        => $"C: <stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' id='{id}' from='p1.example' version='1.0'>";

    private static string Error(string condition)
        => $"S: <stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>";

    private static string Result(string id) => new EdgePool.Xmpp.Dialback.DialbackKeys("s3cr3tf0rd14lb4ck").KeyFor(
        OutboundDialogue.Pair.Remote, OutboundDialogue.Pair.Local, id) is var key ? $"S: <db:result from='edge.example' to='p1.example'>{key}</db:result>" : "";

    private static OutboundDialogue Secured(string terms, string certificate = "p1.example", OutboundGoal? goal = null, bool haveCertificate = true)
        => new OutboundDialogue(Terms.Parse(terms), goal, directTls: true, haveCertificate).Play($"""
            start:
            * start tls
            tls: {certificate}
            {Header}
            {Peer()}
            """);

    private static OutboundGoal.Verify VerifyGoal => new(OutboundDialogue.Pair, "s7", "KEY");

    [Fact]
    public void Header_Ours_DeclaresWhatOurElementsUse()
    {
        var sent = Assert.IsType<NegotiationEffect.Send>(new OutboundDialogue(Terms.Any).Negotiation.Start().Single());
        Assert.Equal(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback'"
            + " from='edge.example' to='p1.example' version='1.0' xml:lang='en'>", Encoding.UTF8.GetString(sent.Xml.Span));
    }

    [Theory] // XEP-0198 section 2: offered where stanzas may flow, so behind SASL alone
    [InlineData(true, " managed")]
    [InlineData(false, "")]
    public void Sasl_StreamManagementOffered_TakenWhereAllowed(bool allowed, string managed) => new OutboundDialogue(Terms.Any with { StreamManagement = allowed }, directTls: true).Play($"""
        start:
        * start tls
        tls: p1.example
        {Header}
        {Peer("R2")}
        C: <stream:features>{External}</stream:features>
        {Auth}
        C: <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
        * restart
        {Header}
        {Peer("R3")}
        C: <stream:features><sm xmlns='urn:xmpp:sm:2'/><sm xmlns='urn:xmpp:sm:3'/></stream:features>
        * authenticated edge.example<-p1.example SaslExternal{managed}
        C: <enabled xmlns='urn:xmpp:sm:3'/>
        * managed enabled
        """);

    [Fact]
    public void Sasl_OverStartTls_Authenticated() => new OutboundDialogue(Terms.Any).Play($"""
        start:
        {Header}
        {Peer("R1")}
        C: <stream:features>{Tls}</stream:features>
        S: {Tls}
        C: <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
        * start tls
        tls: p1.example
        {Header}
        {Peer("R2")}
        C: <stream:features>{External}{Dialback}</stream:features>
        {Auth}
        C: <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
        * restart
        {Header}
        {Peer("R3")}
        C: <stream:features/>
        * authenticated edge.example<-p1.example SaslExternal
        """); // XEP-0178 section 3

    [Theory] // TLS-09, TLS-11
    [InlineData("")]
    [InlineData("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><optional/></starttls>")]
    [InlineData("<starttls xmlns='urn:evil'/>")]
    [InlineData(Dialback)]
    [InlineData(External)]
    public void Features_WithoutStartTlsWhereRequired_PolicyViolation(string features) => new OutboundDialogue(Terms.SaslOrTlsDialback).Play($"""
        start:
        {Header}
        {Peer()}
        C: <stream:features>{features}</stream:features>
        {Error("policy-violation")}
        * close tls-not-offered
        """);

    [Trait("compat", "no-version")]
    [Fact]
    public void Header_BeforeVersionOne_PolicyViolationOrDialback() // TLS-10
    {
        new OutboundDialogue(Terms.SaslOrTlsDialback).Play($"""
            start:
            {Header}
            C: <stream:stream id='R' from='p1.example'>
            {Error("policy-violation")}
            * close tls-not-offered
            """);
        new OutboundDialogue(Terms.Any).Play($"""
            start:
            {Header}
            C: <stream:stream id='R' from='p1.example'>
            {Result("R")}
            C: <db:result from='p1.example' to='edge.example' type='valid'/>
            * authenticated edge.example<-p1.example DialbackOverTcp stepped down
            """);
    }

    [Fact]
    public void Features_WithoutStartTlsWhereOptional_PlainDialback() => new OutboundDialogue(Terms.Any).Play($"""
        start:
        {Header}
        {Peer()}
        C: <stream:features>{Dialback}</stream:features>
        {Result("R")}
        C: <db:result from='p1.example' to='edge.example' type='valid'/>
        * authenticated edge.example<-p1.example DialbackOverTcp stepped down
        """);

    [Fact]
    public void Features_StartTlsWhereNotSupported_PlainDialback() => new OutboundDialogue(Terms.TcpDialbackOnly).Play($"""
        start:
        {Header}
        {Peer()}
        C: <stream:features>{Tls}{Dialback}</stream:features>
        {Result("R")}
        """); // POLICY.md section 1, row 17

    [Fact]
    public void StartTls_Refused_TlsRefused() => new OutboundDialogue(Terms.Any).Play($"""
        start:
        {Header}
        {Peer()}
        C: <stream:features>{Tls}</stream:features>
        S: {Tls}
        C: <failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
        S: </stream:stream>
        * close tls-refused
        """); // RFC 6120 5.4.2.2

    [Theory] // RFC 6120 13.7.2: where SASL is the only way, or trust is required, the server's name has to be proven before anything is said
    [InlineData("sasl", "none", "certificate-missing")]
    [InlineData("sasl", "untrusted", "certificate-untrusted")]
    [InlineData("sasl", "evil.example", "certificate-wrong-name")]
    [InlineData("trusted-tls-dialback", "untrusted", "certificate-untrusted")]
    [InlineData("trusted-tls-dialback", "evil.example", "certificate-wrong-name")]
    public void Certificate_UnprovenWhereNeeded_ClosedWithoutAWord(string terms, string certificate, string reason)
        => new OutboundDialogue(Terms.Parse(terms), directTls: true).Play($"""
            start:
            * start tls
            tls: {certificate}
            * close {reason}
            """);

    [Fact]
    public void Certificate_UnprovenWhereDialbackIsAllowed_NoSasl() => Secured("sasl+tls-dialback", "untrusted").Play($"""
        C: <stream:features>{External}{Dialback}</stream:features>
        {Result("R")}
        C: <db:result from='p1.example' to='edge.example' type='valid'/>
        * authenticated edge.example<-p1.example DialbackOverTls stepped down
        """);

    [Theory] // XEP-0178 section 3 step 10: EXTERNAL not offered, or nothing to offer in turn
    [InlineData("sasl+tls-dialback", Dialback, true)]
    [InlineData("sasl+tls-dialback", External + Dialback, false)]
    [InlineData("tls-dialback", External + Dialback, true)]
    [InlineData("sasl+tls-dialback", "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>", true)]
    public void Features_NoUsableExternal_DialbackOverTls(string terms, string features, bool haveCertificate)
        => Secured(terms, haveCertificate: haveCertificate).Play($"""
            C: <stream:features>{features}</stream:features>
            {Result("R")}
            """);

    [Fact]
    public void Features_StartTlsUnderDirectTls_NotTaken() => Secured("sasl+tls-dialback").Play($"""
        C: <stream:features>{Tls}{External}{Dialback}</stream:features>
        {Auth}
        """); // XEP-0368 section 3

    [Fact]
    public void Features_NoExternalWhereRequired_NoAllowedMethod() => Secured("sasl").Play($"""
        C: <stream:features>{Dialback}</stream:features>
        {Error("policy-violation")}
        * close no-allowed-method
        """);

    [Fact]
    public void Features_PeerWithoutDialback_NoAllowedMethod() => new OutboundDialogue(Terms.TlsDialbackOnly, directTls: true).Play($"""
        start:
        * start tls
        tls: none
        {Header}
        {PeerWithoutDialback()}
        C: <stream:features/>
        {Error("policy-violation")}
        * close no-allowed-method
        """);

    [Trait("compat", "external-refused")]
    [Fact]
    public void Sasl_Failed_FallsBackOnlyWhereAllowed() // CERT-07, XEP-0178 section 3 step 11
    {
        Secured("sasl+tls-dialback").Play($"""
            C: <stream:features>{External}</stream:features>
            {Auth}
            C: <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>
            {Result("R")}
            """);
        Secured("sasl").Play($"""
            C: <stream:features>{External}{Dialback}</stream:features>
            {Auth}
            C: <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>
            S: </stream:stream>
            * close sasl-rejected
            """);
    }

    [Fact]
    public void Sasl_Challenge_AnsweredOnce() => Secured("sasl").Play($"""
        C: <stream:features>{External}</stream:features>
        {Auth}
        C: <challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
        S: <response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>ZWRnZS5leGFtcGxl</response>
        C: <challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
        {Error("unsupported-stanza-type")}
        * close protocol-violation
        """);

    [Fact]
    public void Success_NotAskedFor_Refused() => Secured("tls-dialback").Play($"""
        C: <stream:features>{Dialback}</stream:features>
        {Result("R")}
        C: <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
        {Error("unsupported-stanza-type")}
        * close protocol-violation
        """); // TLS-05: what an attacker injects has no place

    [Theory]
    [InlineData("type='invalid'", "", "dialback-invalid")]
    [InlineData("type='error'", "<error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>", "dialback-failed")]
    public void Result_NotValid_Closed(string type, string content, string reason) => Secured("tls-dialback").Play($"""
        C: <stream:features>{Dialback}</stream:features>
        {Result("R")}
        C: <db:result from='p1.example' to='edge.example' {type}>{content}</db:result>
        S: </stream:stream>
        * close {reason}
        """);

    [Theory] // DB-06, DB-08: direction and correlation
    [InlineData("<db:result from='p2.example' to='edge.example' type='valid'/>")]
    [InlineData("<db:result from='p1.example' to='other.example' type='valid'/>")]
    [InlineData("<db:result from='p1.example' type='valid'/>")]
    [InlineData("<db:result from='p1.example' to='edge.example' type='Valid'/>")]
    [InlineData("<db:result from='p1.example' to='edge.example'>KEY</db:result>")]
    [InlineData("<db:verify from='p1.example' to='edge.example' id='R' type='valid'/>")]
    public void Result_NotTheAnswerToOurs_Dropped(string element)
    {
        var stream = Secured("tls-dialback").Play($"""
            C: <stream:features>{Dialback}</stream:features>
            {Result("R")}
            C: {element}
            * dropped unsolicited-dialback
            """).Negotiation;
        Assert.Equal(OutboundState.AwaitingResult, stream.State);
    }

    [Theory]
    [InlineData("type='valid'", "", "* answered Valid")]
    [InlineData("type='invalid'", "", "* answered Invalid")]
    [InlineData("type='error'", "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>", "* answered Error remote-server-not-found")]
    public void Verify_Answered_OutcomeAndClosed(string type, string content, string answered) => Secured("tls-dialback", "none", VerifyGoal).Play($"""
        C: <stream:features>{External}{Dialback}</stream:features>
        S: <db:verify from='edge.example' to='p1.example' id='s7'>KEY</db:verify>
        C: <db:verify from='p1.example' to='edge.example' id='s7' {type}>{content}</db:verify>
        {answered}
        S: </stream:stream>
        * close verification-done
        """); // XEP-0220 sections 2.1.2 and 2.5

    [Theory] // DB-05, DB-06
    [InlineData("<db:verify from='p1.example' to='edge.example' id='s8' type='valid'/>")]
    [InlineData("<db:verify from='p1.example' to='edge.example' type='valid'/>")]
    [InlineData("<db:verify from='p2.example' to='edge.example' id='s7' type='valid'/>")]
    [InlineData("<db:result from='p1.example' to='edge.example' type='valid'/>")]
    public void Verify_NotTheAnswerToOurs_Dropped(string element) => Secured("tls-dialback", "none", VerifyGoal).Play($"""
        C: <stream:features>{Dialback}</stream:features>
        S: <db:verify from='edge.example' to='p1.example' id='s7'>KEY</db:verify>
        C: {element}
        * dropped unsolicited-dialback
        """);

    [Fact]
    public void Verify_PlainWhereTlsIsRequired_PolicyViolation() => new OutboundDialogue(Terms.TlsDialbackOnly, VerifyGoal).Play($"""
        start:
        {Header}
        {Peer()}
        C: <stream:features>{Dialback}</stream:features>
        {Error("policy-violation")}
        * close tls-not-offered
        """);

    [Theory] // RFC 6120 4.7.3, 4.8
    [InlineData("<stream:stream from='p1.example' version='1.0'>", "invalid-xml")]
    [InlineData("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='R' version='1.0'>", "invalid-namespace")]
    [InlineData("<s:stream xmlns='jabber:server' xmlns:s='http://etherx.jabber.org/streams' id='R' version='1.0'>", "bad-namespace-prefix")]
    public void Header_Bad_StreamError(string header, string condition)
    {
        var stream = new OutboundDialogue(Terms.Any).Negotiation;
        stream.Start();
        Assert.Equal([Error(condition), "* close malformed-stream"], Transcript.Render(stream.OnHeader(Transcript.ReadHeader(header))));
    }

    [Fact]
    public void StreamError_FromPeer_ClosedWithItsCondition() // NS-19
    {
        var stream = new OutboundDialogue(Terms.Any).Play($"""
            start:
            {Header}
            {Peer()}
            """).Negotiation;
        var close = Assert.IsType<NegotiationEffect.Close>(stream.OnElement(Transcript.ReadElement(
            "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")).Single());
        Assert.Equal((StreamEndReason.StreamErrorReceived, "host-unknown: ", "</stream:stream>"), (close.Reason, close.Detail, Encoding.UTF8.GetString(close.Farewell.Span)));
    }

    [Fact]
    public void Stanza_OnAStreamThatWeOpened_NotAuthorized() => Secured("tls-dialback").Play($"""
        C: <stream:features>{Dialback}</stream:features>
        {Result("R")}
        C: <db:result from='p1.example' to='edge.example' type='valid'/>
        * authenticated edge.example<-p1.example DialbackOverTls
        C: <message from='a@p1.example' to='b@edge.example'/>
        {Error("not-authorized")}
        * close not-authorized
        """);

    [Fact]
    public void Close_DuringTheHandshake_SaysNothing()
    {
        var stream = new OutboundDialogue(Terms.Any, directTls: true).Negotiation;
        stream.Start();
        Assert.Equal(["* close tls-failed"], Transcript.Render(stream.Close(StreamEndReason.TlsFailed, null, "alert")));
        Assert.Empty(stream.OnTlsEstablished(new FakeCertificate("p1.example")));
        Assert.Empty(stream.Start());
    }

    [Fact]
    public void Violation_AfterOurHeader_StreamError()
    {
        var stream = new OutboundDialogue(Terms.Any).Negotiation;
        stream.Start();
        Assert.Equal([Error("restricted-xml"), "* close malformed-stream"],
            Transcript.Render(stream.OnViolation(new FramingViolation(StreamErrorCondition.RestrictedXml, "a comment"))));
    }
}
