using EdgePool.Edge.Tests.Fixture;
using Xunit;
using static EdgePool.Edge.Tests.Fixture.Wire;
using static EdgePool.Edge.Tests.Hostile.WireCase;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>Namespaces against a running node: Namespaces in XML 1.0, RFC 6120 section 4.8.</summary>
[Collection(nameof(HostileCollection))]
public sealed class NamespaceWireTests(EdgeFixture fixture) : HostileTests<EdgeFixture>(fixture)
{
    private const string Streams = "xmlns:stream='http://etherx.jabber.org/streams'";
    private const string Addresses = "from='p1.example' to='edge.example' version='1.0'";

    internal static readonly WireCase[] Cases =
    [
        AtStart("NS-01 other root", $"<foo xmlns='jabber:server' {Addresses}>", "invalid-namespace"),
        AtStart("NS-01 without s", $"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/stream' {Addresses}>", "invalid-namespace"),
        AtStart("NS-01 no namespace", $"<stream {Addresses}>", "invalid-namespace"),
        .. new[] { "xmlns='jabber:client'", "xmlns='jabber:component:accept'", "", "xmlns='jabber:server '", "xmlns='Jabber:Server'", "xmlns='jabber%3Aserver'", "xmlns='jabber:server#'" }
            .Select(n => AtStart($"NS-02 NS-09 header {n}", $"<stream:stream {n} {Streams} {Addresses}>", "invalid-namespace")),
        AtStart("NS-03", $"<s:stream xmlns='jabber:server' xmlns:s='http://etherx.jabber.org/streams' {Addresses}>", "bad-namespace-prefix"),
        Refused("NS-04", "<c:message from='a@p1.example' to='b@edge.example'/>", "bad-namespace-prefix") with { Header = Wire.Header(extra: "xmlns:c='jabber:server' ") },
        .. new[] { "xmlns:a=''", "xmlns:xml='urn:x'", "xmlns:xmlns='urn:x'", "xmlns:b='http://www.w3.org/2000/xmlns/'", "xmlns='http://www.w3.org/XML/1998/namespace'" }
            .Select(d => NotWellFormed($"NS-06 {d}", Message($"<x {d}/>"))),
        Ok("NS-07", Message("<x xmlns=''/>")),
        .. new[] { "<message xmlns='jabber:client'", "<message xmlns='urn:evil'", "<foo" }.Select(e => Refused($"NS-08 {e}", $"{e} from='a@p1.example' to='b@edge.example'/>", "unsupported-stanza-type")),
        .. new[] { "jabber:server ", "Jabber:Server", "jabber%3Aserver", "jabber:server#" }
            .Select(n => Refused($"NS-09 {n}", $"<message xmlns='{n}' from='a@p1.example' to='b@edge.example'/>", "unsupported-stanza-type")),
        NotWellFormed("NS-11 control", "<message xmlns='urn:a&#1;b' from='a@p1.example' to='b@edge.example'/>"),
        .. new[] { "jabber:server} message", "jabber:server message", "jabber:server|x" }
            .Select(n => Refused($"NS-11 {n}", $"<message xmlns='{n}' from='a@p1.example' to='b@edge.example'/>", "unsupported-stanza-type")),
        Ok("NS-12", Message("<e:x e:k='v'/>")) with { Header = Wire.Header(extra: "xmlns:e='urn:e' ") },
        Ok("NS-13", Message("<body>x</body>")),
        Ok("NS-13 said again", "<message xmlns='jabber:server' from='a@p1.example' to='b@edge.example'><body xmlns='jabber:server'>x</body></message>"),
        Ok("NS-14", Message("<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='x@evil.example'/></forwarded>")),
        Refused("NS-16", "<db:result xmlns:db='urn:evil' from='d1.example' to='edge.example'>k</db:result>", "unsupported-stanza-type"),
        Ok("NS-17", "<d:result xmlns:d='jabber:server:dialback' from='p2.example' to='edge.example'>k</d:result>", 0) with
        {
            DeliveredAs = string.Empty,
            Answer = "<db:result [^>]*type='error'><error type='[a-z]+'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>",
        },
        Refused("NS-18", "<stream:features/>", "unsupported-stanza-type"),
        Ok("NS-19", $"<stream:error><made-up xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>a&#10;{Repeat("\u202e", 2_700)}</text></stream:error>", 0) with
        {
            DeliveredAs = string.Empty,
            Logged = @"undefined-condition: a\n\u{202e}",
        },
    ];

    public static TheoryData<string> CaseNames => Names(Cases);

    [Theory]
    [MemberData(nameof(CaseNames))]
    public Task Stream_HoweverCut_HasOneOutcome(string id) => Cases.Single(c => c.Id == id).CheckAsync(edge);

    private static WireCase AtStart(string id, string input, string error) => new(id, "<?xml version='1.0'?>" + input, error) { AtStart = true };
}
