using EdgePool.Xmpp.Tests.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Dialback;

// XEP-0220 section 2.2.2: a peer asks whether a key is ours.
public class AuthoritativeServerTests
{
    // receiving p1.example, originating edge.example, stream id S, secret d14lb4ck43v3r
    private static string Key { get; } = new EdgePool.Xmpp.Dialback.DialbackKeys("d14lb4ck43v3r").KeyFor(
        EdgePool.Xmpp.Addressing.DomainName.Parse("p1.example"), EdgePool.Xmpp.Addressing.DomainName.Parse("edge.example"), "S");

    private static InboundDialogue Stream(string terms = "any", bool tls = false)
    {
        var dialogue = new InboundDialogue(new FakeRules().Partner("p1.example", Terms.Parse(terms)), directTls: tls);
        if (tls)
            dialogue.Begin("tls: none");
        return dialogue.Begin("C: <stream:stream from='p1.example' to='edge.example' version='1.0'>");
    }

    private static string Refusal(string condition, string id = " id='S'", string from = "edge.example", string to = "p1.example")
        => $"<db:verify from='{from}' to='{to}'{id} type='error'><error type='cancel'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:verify>";

    [Fact]
    public void Verify_OurKey_ValidWithoutAuthentication() => Stream().Play($"""
        C: <db:verify from='p1.example' to='edge.example' id='S'>{Key}</db:verify>
        S: <db:verify from='edge.example' to='p1.example' id='S' type='valid'/>
        C: <db:verify from='p1.example' to='edge.example' id='S'>  {Key}  </db:verify>
        S: <db:verify from='edge.example' to='p1.example' id='S' type='valid'/>
        """); // DB-03: white space around the key is no part of it

    [Theory] // DB-02, DB-03
    [InlineData("upper case")]
    [InlineData("last digit")]
    [InlineData("inner space")]
    [InlineData("empty")]
    [InlineData("other id")]
    public void Verify_AnyOtherKey_Invalid(string fault)
    {
        var (key, id) = fault switch
        {
            "upper case" => (Key.ToUpperInvariant(), "S"),
            "last digit" => (Key[..^1] + (Key[^1] == '0' ? '1' : '0'), "S"),
            "inner space" => (Key[..10] + " " + Key[10..], "S"),
            "empty" => ("", "S"),
            _ => (Key, "S2"),
        };
        Stream().Play($"""
            C: <db:verify from='p1.example' to='edge.example' id='{id}'>{key}</db:verify>
            S: <db:verify from='edge.example' to='p1.example' id='{id}' type='invalid'/>
            """);
    }

    [Fact]
    public void Verify_RefusedByRule_ErrorAndStreamOpen() => Stream().Play($"""
        C: <db:verify from='p1.example' to='other.example' id='S'>{Key}</db:verify>
        S: {Refusal("item-not-found", from: "other.example")}
        C: <db:verify from='stranger.example' to='edge.example' id='S'>{Key}</db:verify>
        S: {Refusal("policy-violation", to: "stranger.example")}
        C: <db:verify from='p1.example' to='edge.example'>{Key}</db:verify>
        S: {Refusal("bad-request", id: "")}
        C: <db:verify from='p1.example' to='edge.example' id='S'>{Key}</db:verify>
        S: <db:verify from='edge.example' to='p1.example' id='S' type='valid'/>
        """);

    [Fact]
    public void Verify_WithoutTlsWhereRequired_PolicyViolation() // XEP-0220 section 2.5
    {
        Stream("tls-dialback").Play($"""
            C: <db:verify from='p1.example' to='edge.example' id='S'>{Key}</db:verify>
            S: {Refusal("policy-violation")}
            """);
        Stream("tls-dialback", tls: true).Play($"""
            C: <db:verify from='p1.example' to='edge.example' id='S'>{Key}</db:verify>
            S: <db:verify from='edge.example' to='p1.example' id='S' type='valid'/>
            """);
    }

    [Fact]
    public void Verify_IdWithMarkup_EchoedEscaped() // XML-45
    {
        var effects = Stream().Negotiation.OnElement(Transcript.ReadElement(
            "<db:verify from='p1.example' to='edge.example' id='a&apos;/&gt;&lt;message to=&apos;x&apos;&gt;'>k</db:verify>"));
        var sent = Transcript.Render(effects).Single();
        Assert.Equal("a'/><message to='x'>", Transcript.ReadElement(sent[3..])["id"]);
    }

    [Fact]
    public void Verify_BadAddresses_ImproperAddressing() => Stream().Play("""
        C: <db:verify from='a@p1.example' to='edge.example' id='S'>k</db:verify>
        S: <stream:error><improper-addressing xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>
        * close improper-addressing
        """);
}
