using System.Text;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

// RFC 6120 section 5, on streams that a peer opens.
public class StartTlsTests
{
    private const string StartTls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

    private static FakeRules With(string terms) => new FakeRules().Partner("p1.example", Terms.Parse(terms));

    [Theory] // RFC 6120 5.3.1, POLICY.md section 1: what is offered follows the terms
    [InlineData("sasl", "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>")]
    [InlineData("sasl+tls-dialback", "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>")]
    [InlineData("trusted-tls-dialback", "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>")]
    [InlineData("any", "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>")]
    [InlineData("tcp-dialback", "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>")]
    public void Features_Plain_FollowTheTerms(string terms, string features) => InboundDialogue.Check(With(terms), $"""
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features>{features}</stream:features>
        """);

    [Theory]
    [InlineData("sasl", "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>")]
    [InlineData("any", "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>")]
    [InlineData("tls-dialback", "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>")]
    public void Features_Secured_FollowTheTerms(string terms, string features) => InboundDialogue.Check(With(terms), $"""
        tls: p1.example
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features>{features}</stream:features>
        """, directTls: true);

    [Fact]
    public void Features_NoCertificateOfOursAndTlsRequired_PolicyViolation() => InboundDialogue.Check(With("sasl"), """
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features></stream:features>
        S: <stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>
        * close tls-unavailable
        """, tlsAvailable: false);

    // Without a name the strictest offer is made, and without a certificate of ours that is dialback, whose terms are told by its own addresses.
    [Fact]
    public void Features_NoCertificateOfOursAndNoFrom_Dialback() => InboundDialogue.Check(With("tcp-dialback"), """
        C: <stream:stream to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' version='1.0'>
        S: <stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
        C: <db:result from='p1.example' to='edge.example'>KEY</db:result>
        * verify edge.example<-p1.example s1 KEY
        """, tlsAvailable: false);

    [Fact]
    public void StartTls_Offered_ProceedAndANewStream() => InboundDialogue.Check(With("sasl"), // TLS-06: a new id after TLS
        $"""
        C: <stream:stream to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' version='1.0'>
        S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>
        C: {StartTls}
        S: <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
        * start tls
        tls: p1.example
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s2' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>
        """);

    [Fact]
    public void StartTls_PendingDialbackBeforeIt_Forgotten() => InboundDialogue.Check(With("any"), // TLS-06
        $"""
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
        C: <db:result from='p1.example' to='edge.example'>KEY</db:result>
        * verify edge.example<-p1.example s1 KEY
        C: {StartTls}
        S: <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
        * start tls
        verified: p1.example s1 valid
        tls: none
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s2' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
        verified: p1.example s1 valid
        """);

    [Theory] // TLS-07
    [InlineData("from='p2.example' to='edge.example'")]
    [InlineData("from='p1.example' to='edge2.example'")]
    [InlineData("from='p1.example' to='other.example'")]
    [InlineData("to='edge.example'")]
    public void Header_AfterTls_WithOtherAddresses_ImproperAddressing(string addresses)
    {
        var stream = new InboundDialogue(With("any").Partner("p2.example", Terms.Any)).Play($"""
            C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
            S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
            C: {StartTls}
            S: <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
            * start tls
            tls: p1.example p2.example
            """).Negotiation;
        var actual = Transcript.Render(stream.OnHeader(Transcript.ReadHeader($"<stream:stream {addresses} version='1.0'>"))).ToArray();
        Assert.Equal(["S: <stream:error><improper-addressing xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>", "* close improper-addressing"], actual[1..]);
    }

    [Fact]
    public void StartTls_InsideTls_FailureAndEnd() => InboundDialogue.Check(With("any"), // TLS-12, RFC 6120 5.4.2.2
        $"""
        tls: p1.example
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
        C: {StartTls}
        S: <failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
        S: </stream:stream>
        * close protocol-violation
        """, directTls: true);

    [Fact]
    public void StartTls_NotOffered_FailureAndEnd() => InboundDialogue.Check(With("tcp-dialback"), $"""
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
        C: {StartTls}
        S: <failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
        S: </stream:stream>
        * close protocol-violation
        """);

    [Fact]
    public void StartTls_WithAStanzaBehindIt_TheStanzaIsNeverRead() // TLS-01: the plain bytes are the handshake's, and no framer sees them again
    {
        var dialogue = new InboundDialogue(With("any"));
        var stream = dialogue.Negotiation;
        var wire = new Wire(stream);
        var actual = Transcript.Render(wire.Feed(Encoding.UTF8.GetBytes(Transcript.BytesOf("C: <stream:stream from='p1.example' to='edge.example' version='1.0'>")
            + StartTls + "<message from='a@p1.example' to='b@edge.example'/>"))).ToArray();
        Assert.Equal(["S: <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "* start tls"], actual[2..]);
        stream.OnTlsEstablished(new FakeCertificate("none"));
        Assert.Empty(wire.Feed([]));
        Assert.Equal((InboundState.AwaitingHeader, 0), (stream.State, wire.Stanzas));
    }

    [Fact]
    public void Compress_NeverOffered_SetupFailedAndOn() => InboundDialogue.Check(With("any"), // TLS-14, XEP-0138
        $"""
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
        C: <compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>
        S: <failure xmlns='http://jabber.org/protocol/compress'><setup-failed/></failure>
        C: {StartTls}
        S: <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
        * start tls
        """);

    [Fact]
    public void Close_DuringTheHandshake_SaysNothing()
    {
        var stream = new InboundDialogue(With("any")).Play($"""
            C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
            S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
            C: {StartTls}
            S: <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
            * start tls
            """).Negotiation;
        Assert.Equal(["* close negotiation-timeout"],
            Transcript.Render(stream.Close(StreamEndReason.NegotiationTimeout, new StreamError(StreamErrorCondition.ConnectionTimeout), "10 s")));
    }

    [Fact]
    public void DirectTls_BeforeTheHandshake_NothingIsSent()
    {
        var stream = new InboundDialogue(With("any"), directTls: true).Negotiation;
        Assert.Equal(InboundState.AwaitingTls, stream.State);
        Assert.Equal(["* close malformed-stream"], Transcript.Render(stream.OnViolation(new FramingViolation(StreamErrorCondition.NotWellFormed, ""))));
    }

    [Theory] // DB-32, XEP-0288: never offered
    [InlineData(false, "* dropped bidi-not-offered")]
    [InlineData(true, "S: <stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>")]
    public void Bidi_NotOffered_IgnoredThenRefused(bool authenticated, string first)
    {
        var stream = new InboundDialogue(With("any")).Play("""
            C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
            S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
            C: <db:result from='p1.example' to='edge.example'>KEY</db:result>
            * verify edge.example<-p1.example s1 KEY
            """);
        if (authenticated)
        {
            stream.Play("""
                verified: p1.example s1 valid
                * authenticated edge.example<-p1.example DialbackOverTcp stepped down
                S: <db:result from='edge.example' to='p1.example' type='valid'/>
                """);
        }

        Assert.Equal(first, Transcript.Render(stream.Negotiation.OnElement(Transcript.ReadElement("<bidi xmlns='urn:xmpp:bidi'/>"))).First());
    }

    [Fact]
    public void Detail_OfUnsupportedElement_NamesIt()
    {
        var stream = new InboundDialogue(With("any")).Negotiation;
        stream.OnHeader(Transcript.ReadHeader("<stream:stream from='p1.example' to='edge.example' version='1.0'>"));
        var close = Assert.IsType<NegotiationEffect.Close>(stream.OnElement(Transcript.ReadElement("<x xmlns='urn:x'/>")).Single());
        Assert.Equal("{urn:x}x has no place here", close.Detail);
        Assert.EndsWith("</stream:stream>", Encoding.UTF8.GetString(close.Farewell.Span), StringComparison.Ordinal);
    }
}
