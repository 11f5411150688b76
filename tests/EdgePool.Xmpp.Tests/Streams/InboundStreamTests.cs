using System.Text;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

// RFC 6120 section 4: opening a stream to us, and the errors of it.
public class InboundStreamTests
{
    private static FakeRules Rules => new FakeRules().Partner("p1.example", Terms.Any).Partner("p2.example", Terms.SaslOnly);

    [Fact]
    public void Header_Ours_DeclaresWhatOurElementsUse() // RFC 6120 4.7, 4.8; XEP-0220 2.4.1
    {
        var stream = new InboundDialogue(Rules).Negotiation;
        var sent = Assert.IsType<NegotiationEffect.Send>(stream.OnHeader(Transcript.ReadHeader("<stream:stream from='p1.example' to='edge.example' version='1.0'>"))[0]);
        Assert.StartsWith(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback'"
            + " id='s1' from='edge.example' to='p1.example' version='1.0' xml:lang='en'><stream:features>", Encoding.UTF8.GetString(sent.Xml.Span), StringComparison.Ordinal);
        Assert.Equal("s1", stream.StreamId);
    }

    [Theory] // RFC 6120 4.8.1, 4.8.2, 4.8.5
    [InlineData("NS-01", "<foo xmlns='jabber:server' to='edge.example'>", "invalid-namespace")]
    [InlineData("NS-01", "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/stream' to='edge.example'>", "invalid-namespace")]
    [InlineData("NS-01", "<stream xmlns='' to='edge.example'>", "invalid-namespace")]
    [InlineData("NS-02", "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='edge.example'>", "invalid-namespace")]
    [InlineData("NS-02", "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='edge.example'>", "invalid-namespace")]
    [InlineData("NS-02", "<stream:stream xmlns='' xmlns:stream='http://etherx.jabber.org/streams' to='edge.example'>", "invalid-namespace")]
    [InlineData("NS-03", "<s:stream xmlns='jabber:server' xmlns:s='http://etherx.jabber.org/streams' to='edge.example'>", "bad-namespace-prefix")]
    [InlineData("NS-09", "<stream:stream xmlns='jabber:server ' xmlns:stream='http://etherx.jabber.org/streams' to='edge.example'>", "invalid-namespace")]
    [InlineData("NS-09", "<stream:stream xmlns='Jabber:Server' xmlns:stream='http://etherx.jabber.org/streams' to='edge.example'>", "invalid-namespace")]
    [InlineData("NS-09", "<stream:stream xmlns='jabber%3Aserver' xmlns:stream='http://etherx.jabber.org/streams' to='edge.example'>", "invalid-namespace")]
    [InlineData("NS-09", "<stream:stream xmlns='jabber:server#' xmlns:stream='http://etherx.jabber.org/streams' to='edge.example'>", "invalid-namespace")]
    public void Header_WrongNamespaces_StreamErrorBehindOurHeader(string id, string header, string condition)
    {
        var dialogue = new InboundDialogue(Rules);
        var actual = Transcript.Render(dialogue.Negotiation.OnHeader(Transcript.ReadHeader(header))).ToArray();
        Cuts.Check([$"C: {header}"], string.Join('\n', actual.Prepend($"C: {header}")), () => (dialogue.NewWire(), _ => []), Transcript.BytesOf);
        Assert.True(actual[0].StartsWith("S: <stream:stream id='s1' from='edge.example'", StringComparison.Ordinal), id);
        Assert.Equal([$"S: <stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>", "* close malformed-stream"], actual[1..]);
    }

    [Theory] // RFC 6120 4.7.1, 4.7.2, 4.9.3.6, 4.9.3.7, 4.9.3.25
    [InlineData("from='p1.example' to='other.example' version='1.0'", "host-unknown", "host-unknown")]
    [InlineData("from='p1.example' version='1.0'", "improper-addressing", "improper-addressing")]
    [InlineData("from='p1.example' to='' version='1.0'", "improper-addressing", "improper-addressing")]
    [InlineData("from='p1.example' to='a@edge.example' version='1.0'", "improper-addressing", "improper-addressing")]
    [InlineData("from='p1.example/r' to='edge.example' version='1.0'", "improper-addressing", "improper-addressing")]
    [InlineData("from='' to='edge.example' version='1.0'", "improper-addressing", "improper-addressing")]
    [InlineData("from='stranger.example' to='edge.example' version='1.0'", "policy-violation", "partner-not-allowed")]
    [InlineData("from='p1.example' to='edge.example' version='one'", "unsupported-version", "malformed-stream")]
    [InlineData("from='p1.example' to='edge.example' version='1.'", "unsupported-version", "malformed-stream")]
    [InlineData("from='p1.example' to='edge.example' version=''", "unsupported-version", "malformed-stream")]
    public void Header_NotForUs_StreamError(string attributes, string condition, string reason)
    {
        var actual = Transcript.Render(new InboundDialogue(Rules).Negotiation.OnHeader(Transcript.ReadHeader($"<stream:stream {attributes}>"))).ToArray();
        Assert.StartsWith("S: <stream:stream id='s1'", actual[0], StringComparison.Ordinal);
        Assert.Equal([$"S: <stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>", $"* close {reason}"], actual[1..]);
    }

    [Fact]
    public void Header_FromOurOwnDomain_OwnDomain() => InboundDialogue.Check(Rules, // DB-13
        """
        C: <stream:stream from='internal.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='internal.example' version='1.0'>
        S: <stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>own domain</text></stream:error></stream:stream>
        * close policy-violation
        """);

    [Fact]
    public void Header_OtherSpelling_IsTheSameDomain() => InboundDialogue.Check(Rules, // RFC 7622 3.2
        """
        C: <stream:stream from='P1.Example.' to='EDGE.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
        """);

    [Fact]
    public void Header_LaterMajorVersion_AnsweredWithOurs() => InboundDialogue.Check(Rules, // RFC 6120 4.7.5
        """
        C: <stream:stream from='p2.example' to='edge.example' version='2.1'>
        S: <stream:stream id='s1' from='edge.example' to='p2.example' version='1.0'>
        S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>
        """);

    [Trait("compat", "no-version")]
    [Theory] // RFC 6120 4.7.5: before 1.0 there are no features, so dialback on the plain stream is all there is
    [InlineData("")]
    [InlineData(" version='0.9'")]
    public void Header_BeforeVersionOne_DialbackWhereAllowed(string version)
    {
        InboundDialogue.Check(Rules, $"""
            C: <stream:stream from='p1.example' to='edge.example'{version}>
            S: <stream:stream id='s1' from='edge.example' to='p1.example'>
            C: <db:result from='p1.example' to='edge.example'>KEY</db:result>
            * verify edge.example<-p1.example s1 KEY
            """);
        InboundDialogue.Check(Rules, $"""
            C: <stream:stream from='p2.example' to='edge.example'{version}>
            S: <stream:stream id='s1' from='edge.example' to='p2.example'>
            S: <stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>
            * close no-allowed-method
            """);
    }

    [Theory] // POL-05, RFC 6120 4.9.3.12
    [InlineData("<message from='a@p1.example' to='b@edge.example' type='chat' id='1'><body>x</body></message>")]
    [InlineData("<iq from='a@p1.example' to='b@edge.example' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>")]
    [InlineData("<presence from='a@p1.example' to='b@edge.example'/>")]
    public void Stanza_BeforeAuthentication_NotAuthorized(string stanza) => InboundDialogue.Check(Rules, $"""
        C: <stream:stream from='p2.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p2.example' version='1.0'>
        S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>
        C: {stanza}
        S: <stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>
        * close not-authorized
        C: {stanza}
        """);

    [Theory] // RFC 6120 4.9.3.24
    [InlineData("NS-16", "<db:result xmlns:db='urn:evil' from='p1.example' to='edge.example'>KEY</db:result>")]
    [InlineData("NS-18", "<stream:features/>")]
    [InlineData("NS-08", "<message xmlns='jabber:client' from='a@p1.example' to='b@edge.example'/>")]
    [InlineData("NS-08", "<message xmlns='urn:evil'/>")]
    [InlineData("NS-08", "<foo/>")]
    [InlineData("NS-11", "<message xmlns='jabber:server} message'/>")]
    [InlineData("NS-11", "<message xmlns='jabber:server message'/>")]
    [InlineData("NS-11", "<message xmlns='jabber:server|x'/>")]
    [InlineData("RFC", "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")]
    [InlineData("RFC", "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")]
    public void Element_WithoutPlace_UnsupportedStanzaType(string id, string element)
    {
        _ = id;
        InboundDialogue.Check(Rules, $"""
            C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
            S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
            C: {element}
            S: <stream:error><unsupported-stanza-type xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>
            * close protocol-violation
            """);
    }

    [Fact]
    public void StreamError_FromPeer_ClosedWithoutAnError() // NS-19, RFC 6120 4.9.1.1
    {
        var stream = new InboundDialogue(Rules).Play("""
            C: <stream:stream from='p2.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s1' from='edge.example' to='p2.example' version='1.0'>
            S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>
            """).Negotiation;
        var error = $"<stream:error><odd xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>{new string('x', 8_192)}</text></stream:error>";
        var close = Assert.IsType<NegotiationEffect.Close>(Assert.Single(stream.OnElement(Transcript.ReadElement(error))));
        Assert.Equal((StreamEndReason.StreamErrorReceived, null), (close.Reason, close.Error));
        Assert.Equal("</stream:stream>", Encoding.UTF8.GetString(close.Farewell.Span));
        Assert.Equal("undefined-condition: " + new string('x', 256), close.Detail);
    }

    [Fact]
    public void Violation_BeforeAnyHeader_OurHeaderGoesFirst() // RFC 6120 4.9.1.2
    {
        var stream = new InboundDialogue(Rules).Negotiation;
        var effects = stream.OnViolation(new FramingViolation(StreamErrorCondition.NotWellFormed, "a byte"));
        Assert.Equal(
            ["S: <stream:stream id='s1' version='1.0'>", "S: <stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>", "* close malformed-stream"],
            Transcript.Render(effects));
        Assert.Equal(InboundState.Closed, stream.State);
        Assert.Empty(stream.OnViolation(new FramingViolation(StreamErrorCondition.NotWellFormed, "another")));
        Assert.Empty(stream.Close(StreamEndReason.ConnectionLost, null, "gone"));
    }

    [Fact]
    public void Violation_TooBig_CarriesStanzaTooBig() // XML-62
    {
        var stream = new InboundDialogue(Rules).Negotiation;
        var effects = stream.OnViolation(new FramingViolation(StreamErrorCondition.PolicyViolation, "size", StanzaTooBig: true));
        Assert.Equal(
            ["S: <stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><stanza-too-big xmlns='urn:xmpp:errors'/></stream:error></stream:stream>", "* close limit-exceeded"],
            Transcript.Render(effects).Skip(1));
    }

    [Fact]
    public void Close_ByTheOwner_ErrorAndEnd()
    {
        var stream = new InboundDialogue(Rules).Play("""
            C: <stream:stream from='p2.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s1' from='edge.example' to='p2.example' version='1.0'>
            S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>
            """).Negotiation;
        Assert.Equal(
            ["S: <stream:error><connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>", "* close negotiation-timeout"],
            Transcript.Render(stream.Close(StreamEndReason.NegotiationTimeout, new StreamError(StreamErrorCondition.ConnectionTimeout), "30 s")));
    }

    [Fact]
    public void Close_BeforeAnyHeaderWithoutError_SaysNothing()
        => Assert.Equal(["* close connection-lost"], Transcript.Render(new InboundDialogue(Rules).Negotiation.Close(StreamEndReason.ConnectionLost, null, "")));

    [Fact]
    public void Header_Twice_BadFormat() // XML-56
    {
        var stream = new InboundDialogue(Rules).Begin("C: <stream:stream from='p2.example' to='edge.example' version='1.0'>").Negotiation;
        Assert.Equal(
            ["S: <stream:error><bad-format xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>", "* close protocol-violation"],
            Transcript.Render(stream.OnHeader(Transcript.ReadHeader("<stream:stream from='p2.example' to='edge.example' version='1.0'>"))));
    }

    [Fact]
    public void Id_WithMarkup_EscapedOnTheWire() // the id is ours, but nothing unescaped ever leaves
    {
        var settings = new NegotiationSettings(Rules, new EdgePool.Xmpp.Dialback.DialbackKeys("x"), () => "a'<&", TlsAvailable: true);
        var sent = Assert.IsType<NegotiationEffect.Send>(new InboundNegotiation(settings).OnHeader(
            Transcript.ReadHeader("<stream:stream from='p1.example' to='edge.example' version='1.0'>"))[0]);
        Assert.Equal("a'<&", Transcript.ReadHeader(Encoding.UTF8.GetString(sent.Xml.Span).Split("?>")[1].Split('>')[0] + ">").Id);
    }
}
