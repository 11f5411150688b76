using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Components;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;
using EdgePool.Xmpp.Tests.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Components;

// XEP-0114, the accepting side.
public class ComponentNegotiationTests
{
    private const string Declarations = " xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'";
    private const string Opened = "S: <stream:stream id='3BF96D32' from='plays.shakespeare.example'>";

    private bool taken;

    private ComponentNegotiation New() => new(new ComponentSettings(
        d => d.Ascii is "plays.shakespeare.example" ? "test" : null, _ => taken, () => "3BF96D32"));

    private static string[] Header(ComponentNegotiation stream, string header)
        => [.. Transcript.Render(stream.OnHeader(Transcript.ReadHeader(header, Declarations)))];

    private static string[] Element(ComponentNegotiation stream, string xml)
        => [.. Transcript.Render(stream.OnElement(Transcript.ReadElement(xml, Declarations)))];

    private static string Error(string condition)
        => $"S: <stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>";

    private ComponentNegotiation Open()
    {
        var stream = New();
        Assert.Equal([Opened], Header(stream, "<stream:stream to='plays.shakespeare.example'>"));
        return stream;
    }

    [Fact]
    public void Handshake_Vector_COMP_01()
    {
        Assert.Equal("aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e", ComponentNegotiation.Handshake("3BF96D32", "test"));
        var stream = Open();
        Assert.Equal(
            ["S: <handshake/>", "* authenticated plays.shakespeare.example<-plays.shakespeare.example ComponentHandshake"],
            Element(stream, "<handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>"));
        Assert.Equal(ComponentState.Authenticated, stream.State);
    }

    [Theory] // COMP-02
    [InlineData("aaee83c26aeeafcbabeabfcbcd50df997e0a2a1f")]
    [InlineData("AAEE83C26AEEAFCBABEABFCBCD50DF997E0A2A1E")]
    [InlineData("qu6Dwmrur8urqr/LzVDfmX4KKh4=")]
    [InlineData("")]
    [InlineData(" aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e")]
    [InlineData("aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e0")]
    public void Handshake_Wrong_NotAuthorized(string handshake)
        => Assert.Equal([Error("not-authorized"), "* close not-authorized"], Element(Open(), $"<handshake>{handshake}</handshake>"));

    [Fact]
    public void Handshake_BeforeTheHeader_NotAuthorized() // COMP-02
    {
        var header = new StreamHeader("", "handshake", "", "");
        Assert.True(ComponentNegotiation.Recognizes(header));
        Assert.Equal(["S: <stream:stream id='3BF96D32'>", Error("not-authorized"), "* close not-authorized"], Transcript.Render(New().OnHeader(header)));
    }

    [Fact]
    public void Handshake_OfAnotherStreamId_NotAuthorized() // COMP-13
        => Assert.Equal([Error("not-authorized"), "* close not-authorized"],
            Element(Open(), $"<handshake>{ComponentNegotiation.Handshake("OLD", "test")}</handshake>"));

    [Fact]
    public void Handshake_TooBig_PolicyViolation() // COMP-02
        => Assert.Equal(
            ["S: <stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><stanza-too-big xmlns='urn:xmpp:errors'/></stream:error></stream:stream>", "* close limit-exceeded"],
            Transcript.Render(Open().OnViolation(new FramingViolation(StreamErrorCondition.PolicyViolation, "size", StanzaTooBig: true))));

    [Theory] // COMP-03, COMP-04
    [InlineData("<stream:stream to='other.example'>", "host-unknown", "host-unknown")]
    [InlineData("<stream:stream>", "improper-addressing", "improper-addressing")]
    [InlineData("<stream:stream to='a@plays.shakespeare.example'>", "improper-addressing", "improper-addressing")]
    [InlineData("<stream:stream xmlns='jabber:component:connect' xmlns:stream='http://etherx.jabber.org/streams' to='plays.shakespeare.example'>", "invalid-namespace", "malformed-stream")]
    [InlineData("<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' to='plays.shakespeare.example'>", "invalid-namespace", "malformed-stream")]
    [InlineData("<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/stream' to='plays.shakespeare.example'>", "invalid-namespace", "malformed-stream")]
    [InlineData("<s:stream xmlns='jabber:component:accept' xmlns:s='http://etherx.jabber.org/streams' to='plays.shakespeare.example'>", "bad-namespace-prefix", "malformed-stream")]
    public void Header_Bad_StreamErrorBehindOurHeader(string header, string condition, string reason)
    {
        var actual = Header(New(), header);
        Assert.StartsWith("S: <stream:stream id='3BF96D32'", actual[0], StringComparison.Ordinal);
        Assert.Equal([Error(condition), $"* close {reason}"], actual[1..]);
    }

    [Fact]
    public void Name_Taken_ConflictAtHeaderAndAtHandshake() // COMP-03
    {
        taken = true;
        Assert.Equal([Opened, Error("conflict"), "* close conflict"], Header(New(), "<stream:stream to='plays.shakespeare.example'>"));
        taken = false;
        var stream = Open();
        taken = true;
        Assert.Equal([Error("conflict"), "* close conflict"], Element(stream, "<handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>"));
    }

    [Theory]
    [InlineData("<message from='a@plays.shakespeare.example' to='b@edge.example'/>", "not-authorized", "not-authorized")]
    [InlineData("<handshake xmlns='urn:x'/>", "unsupported-stanza-type", "protocol-violation")]
    [InlineData("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "unsupported-stanza-type", "protocol-violation")]
    [InlineData("<stream:features/>", "unsupported-stanza-type", "protocol-violation")]
    public void Element_BeforeTheHandshake_Refused(string element, string condition, string reason)
        => Assert.Equal([Error(condition), $"* close {reason}"], Element(Open(), element));

    [Fact]
    public void Handshake_Twice_Refused()
    {
        var stream = Open();
        Element(stream, "<handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>");
        Assert.Equal([Error("unsupported-stanza-type"), "* close protocol-violation"], Element(stream, "<handshake/>"));
        Assert.Empty(Element(stream, "<handshake/>"));
    }

    [Fact]
    public void StreamError_FromTheComponent_ClosedWithoutAnError()
        => Assert.Equal(["S: </stream:stream>", "* close stream-error-received"],
            Element(Open(), "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"));

    [Theory] // I5: the same whatever the cuts
    [InlineData("<handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>", "<message from='a@plays.shakespeare.example' to='b@edge.example'/>")]
    [InlineData("<handshake>AAEE83C26AEEAFCBABEABFCBCD50DF997E0A2A1E</handshake>", "<presence/>")]
    [InlineData("<handshake/>", "<presence/>")]
    [InlineData("<message from='a@plays.shakespeare.example' to='b@edge.example'/>", "<handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>")]
    [InlineData("<handshake xmlns='jabber:server'>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>", "<presence/>")]
    public void Dialogue_CutAnywhere_SameAnswers(string first, string second)
    {
        var stream = Open();
        string[] inputs = ["C: <stream:stream to='plays.shakespeare.example'>", $"C: {first}", $"C: {second}"];
        var afterFirst = Element(stream, first);
        var expected = (string[])[inputs[0], Opened, inputs[1], .. afterFirst, inputs[2]];
        Cuts.Check(inputs, string.Join('\n', expected), () => (new Wire(New()), _ => []), Transcript.BytesOfComponent);
    }

    [Fact]
    public void Domain_OtherSpelling_IsTheSame()
    {
        var stream = New();
        Assert.Equal([Opened], Header(stream, "<stream:stream to='PLAYS.Shakespeare.example.'>"));
        Assert.Equal(DomainName.Parse("plays.shakespeare.example"), stream.Domain);
    }
}
