using System.Text;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

/// <summary>What is made of other servers' quirks (<see cref="Compatibility"/>), and what never.</summary>
public sealed class QuirkTests
{
    private const string Bare = "xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'";

    private static FakeRules Rules => new FakeRules().Partner("p1.example", Terms.Any).Partner("p2.example", Terms.SaslOnly);

    [Fact]
    [Trait("compat", "missing-to")]
    public void Header_WithoutToAndVersion_IsJudgedByItsDialback() => InboundDialogue.Check(Rules, // RFC 3920 8.3, as jabberd2 without TLS sends it
        """
        C: <stream:stream>
        S: <stream:stream id='s1'>
        C: <db:result from='p1.example' to='other.example'>KEY</db:result>
        S: <db:result from='other.example' to='p1.example' type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>
        * dialback refused other.example<-p1.example item-not-found
        C: <db:result from='p2.example' to='edge.example'>KEY</db:result>
        S: <db:result from='edge.example' to='p2.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>
        * dialback refused edge.example<-p2.example policy-violation
        C: <db:result from='p1.example' to='edge.example'>KEY</db:result>
        * verify edge.example<-p1.example s1 KEY
        verified: p1.example s1 valid
        * authenticated edge.example<-p1.example DialbackOverTcp stepped down
        S: <db:result from='edge.example' to='p1.example' type='valid'/>
        """);

    [Theory]
    [Trait("compat", "missing-to")]
    [InlineData("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "", "protocol-violation")]
    [InlineData("<message from='a@p1.example' to='b@edge.example'/>", "", "not-authorized", "not-authorized")]
    public void Header_WithoutToAndVersion_AllowsNothingElse(string sent, string answer, string condition, string reason)
    {
        var dialogue = new InboundDialogue(Rules).Begin("C: <stream:stream from='p1.example'>");
        Assert.Null(dialogue.Negotiation.Local);
        Assert.Null(dialogue.Negotiation.Remote);
        var error = condition.Length == 0 ? "" : $"<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
        dialogue.Play($"C: {sent}\n" + (answer.Length == 0 ? "" : $"S: {answer}\n") + $"S: {error}</stream:stream>\n* close {reason}");
    }

    [Fact]
    [Trait("compat", "missing-to")]
    public void Header_WithoutTo_UnderDirectTls_ProvesNothingBySasl() => InboundDialogue.Check(Rules,
        """
        tls: p1.example
        C: <stream:stream from='p1.example'>
        S: <stream:stream id='s1'>
        C: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
        S: <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>
        """,
        directTls: true);

    [Fact]
    [Trait("compat", "missing-from")]
    public void Header_WithoutFrom_GetsTheStrictestOffer() => InboundDialogue.Check(Rules,
        """
        C: <stream:stream to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' version='1.0'>
        S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>
        C: <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
        S: <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
        * start tls
        tls: p1.example
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s2' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
        """);

    [Fact]
    [Trait("compat", "missing-from")]
    public void Header_WithoutFromUnderTls_ProvesNothingBySasl() => InboundDialogue.Check(Rules,
        """
        tls: p1.example
        C: <stream:stream to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' version='1.0'>
        S: <stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
        C: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>cDEuZXhhbXBsZQ==</auth>
        S: <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>
        """,
        directTls: true);

    [Theory] // XEP-0220 2.4.1: also the answer of a server that names itself otherwise, or not at all
    [Trait("compat", "unaddressed-answer")]
    [Trait("compat", "dialback-by-declaration")]
    [InlineData("")]
    [InlineData(" from='default.example' to='nobody.example'")]
    public void Answer_UnaddressedWithDialbackDeclaredAlone_IsProvenByDialback(string addresses) => new OutboundDialogue(Terms.TlsDialbackOnly, directTls: true).Play($"""
        start:
        * start tls
        tls: none
        S: <stream:stream from='edge.example' to='p1.example' version='1.0'>
        C: <stream:stream id='R'{addresses} version='1.0'>
        C: <stream:features/>
        {Result()}
        C: <db:result from='default.example' to='edge.example' type='valid'/>
        * dropped unsolicited-dialback
        C: <db:result from='p1.example' to='edge.example' type='valid'/>
        * authenticated edge.example<-p1.example DialbackOverTls
        """);

    [Fact]
    [Trait("compat", "authzid-always")]
    [Trait("compat", "db-prefix-alone")]
    public void Ours_NameTheDomainInSaslAndUseThePrefixDb()
    {
        new OutboundDialogue(Terms.Any, directTls: true).Play(
            """
            start:
            * start tls
            tls: p1.example
            S: <stream:stream from='edge.example' to='p1.example' version='1.0'>
            C: <stream:stream id='R' from='p1.example' to='edge.example' version='1.0'>
            C: <stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>
            S: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>ZWRnZS5leGFtcGxl</auth>
            """);
        InboundDialogue.Check(Rules, // NS-17
            $"""
            C: <stream:stream {Bare} xmlns:d='jabber:server:dialback' from='p1.example' to='edge.example'>
            S: <stream:stream id='s1' from='edge.example' to='p1.example'>
            C: <d:verify xmlns:d='jabber:server:dialback' from='p1.example' to='edge.example' id='x'>KEY</d:verify>
            S: <db:verify from='edge.example' to='p1.example' id='x' type='invalid'/>
            """);
    }

    [Theory]
    [Trait("compat", "unbound-db-prefix")]
    [InlineData("", true, "* verify edge.example<-p1.example s1 KEY")]
    [InlineData("", false, "S: <stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>")]
    [InlineData(" xmlns:db='urn:evil'", true, "S: <stream:error><unsupported-stanza-type xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>")]
    public void Prefix_NotDeclared_IsDialbacksWhereThePartnerMay(string declared, bool allowed, string outcome) // Namespaces in XML section 5
    {
        var rules = new FakeRules().Partner("p1.example", Terms.Any with { UnboundDbPrefix = allowed });
        var wire = new InboundDialogue(rules).NewWire();
        var heard = Heard(wire, $"<stream:stream {Bare}{declared} from='p1.example' to='edge.example'>", "<db:result from='p1.example' to='edge.example'>KEY</db:result>");
        Assert.Equal(outcome, heard.First(line => line is not "* db is dialback's" && !line.StartsWith("S: <stream:stream", StringComparison.Ordinal)));
    }

    [Fact]
    [Trait("compat", "unbound-db-prefix")]
    public void Prefix_OfAnotherName_IsNeverAssumed()
    {
        var wire = new InboundDialogue(new FakeRules().Partner("p1.example", Terms.Any with { UnboundDbPrefix = true })).NewWire();
        Assert.Contains("* close malformed-stream", Heard(wire, $"<stream:stream {Bare} from='p1.example' to='edge.example'>", "<d:result from='p1.example' to='edge.example'>KEY</d:result>"));
    }

    [Fact]
    [Trait("compat", "unbound-db-prefix")]
    public void Prefix_InTheAnswerToOurs_IsDialbacksWhereThePartnerMay()
    {
        var stream = new OutboundNegotiation(new OutboundSettings(
            new OutboundGoal.Authenticate(OutboundDialogue.Pair), Terms.TcpDialbackOnly with { UnboundDbPrefix = true }, new EdgePool.Xmpp.Dialback.DialbackKeys("s3cr3tf0rd14lb4ck")));
        stream.Start();
        var heard = Heard(
            new Wire(stream),
            $"<stream:stream {Bare} id='R' from='p1.example' to='edge.example' version='1.0'>",
            "<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>",
            "<db:result from='p1.example' to='edge.example' type='valid'/>");
        Assert.Equal("* authenticated edge.example<-p1.example DialbackOverTcp", heard[^1]);
    }

    private static string[] Heard(Wire wire, params string[] sent) => [.. sent.SelectMany(xml => Transcript.Render(wire.Feed(Encoding.UTF8.GetBytes(xml))))];

    private static string Result() => new EdgePool.Xmpp.Dialback.DialbackKeys("s3cr3tf0rd14lb4ck").KeyFor(
        OutboundDialogue.Pair.Remote, OutboundDialogue.Pair.Local, "R") is var key ? $"S: <db:result from='edge.example' to='p1.example'>{key}</db:result>" : "";
}
