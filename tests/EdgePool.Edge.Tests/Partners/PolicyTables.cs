using EdgePool.Edge.Tests.Fixture;
using EdgePool.Edge.Tests.Hostile;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using Xunit;
using static EdgePool.Edge.Tests.Fixture.Wire;
using static EdgePool.Edge.Tests.Hostile.WireCase;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>ADVERSARIAL.md section POL on the wire: what p1.example's stanzas may be, under its rules, however they are cut.</summary>
[Collection(nameof(PolicyCollection))]
public sealed class PolicyTables(PolicyFixture edge)
{
    private const string Presence = "<presence from='a@p1.example/r' to='b@edge.example'{0}/>";

    private static readonly string[] Blocked =
    [
        "jabber:iq:roster", "jabber:iq:register", "jabber:iq:privacy", "jabber:iq:auth", "urn:xmpp:blocking", "http://jabber.org/protocol/commands",
        "urn:xmpp:push:0", "urn:xmpp:privilege:2", "urn:xmpp:delegation:2", "jabber:component:connect",
    ];

    /// <summary>One roster push, hidden in every way that XML has.</summary>
    private static readonly (string Form, string Payload)[] Hidden =
    [
        ("plain", "<query xmlns='jabber:iq:roster'/>"),
        ("in another", "<x xmlns='urn:x'><query xmlns='jabber:iq:roster'/></x>"),
        ("forwarded", "<forwarded xmlns='urn:xmpp:forward:0'><iq xmlns='jabber:client' type='set'><query xmlns='jabber:iq:roster'/></iq></forwarded>"),
        ("prefix of its own", "<q:query xmlns:q='jabber:iq:roster'/>"),
        ("prefix of the header", "<r:query/>"),
        ("references", "<query xmlns='jabber&#58;iq:&#x72;oster'/>"),
        ("references behind a prefix", "<x xmlns='urn:x' xmlns:q='&#106;abber:iq:roster'><q:query/></x>"),
        ("behind CDATA", "<x xmlns='urn:x'><![CDATA[</x>]]><query xmlns='jabber:iq:roster'/></x>"),
        ("deep", Repeat("<x xmlns='urn:x'>", 40) + "<query xmlns='jabber:iq:roster'/>" + Repeat("</x>", 40)),
    ];

    private static readonly PolicyCase[] Cases =
    [
        .. new[] { "type='chat'", "type='normal'", "type='headline'", "", "type='foo'" }.Select(t => Default(Ok($"POL-06 message {t}", Message(t)))),
        Default(Ok("POL-06 message of type error", Message("type='error'"))),
        Default(Bounce("POL-06 groupchat without leave", Message("type='groupchat'"), "cancel", "service-unavailable")),
        new(new RulesDocument { Messages = [MessageKind.Groupchat, MessageKind.Normal] }, Ok("POL-06 groupchat", Message("type='groupchat'"))),
        new(new RulesDocument { Messages = [MessageKind.Normal] }, Bounce("POL-06 chat without leave", Message("type='chat'"), "cancel", "service-unavailable")),
        new(new RulesDocument { Messages = [MessageKind.Normal] }, Ok("POL-06 unknown type is normal", Message("type='foo'"))),
        new(new RulesDocument { Messages = [MessageKind.Normal] }, Drop("POL-06 error without leave", Message("type='error'"))),
        Default(Ok("POL-08 answer to a question", "<iq type='result' id='1' from='a@p1.example' to='b@edge.example'><query xmlns='jabber:iq:private'/></iq>")),
        .. new[] { "", " type='subscribe'", " type='subscribed'", " type='unsubscribe'", " type='probe'", " type='unavailable'", " type='error'" }
            .SelectMany(t => new[]
            {
                new PolicyCase(new RulesDocument { Presence = false }, Drop($"POL-13 presence{t} without leave", Presence.Replace("{0}", t, StringComparison.Ordinal))),
                Default(Ok($"POL-13 presence{t}", Presence.Replace("{0}", t, StringComparison.Ordinal))),
            }),
        .. Blocked.Select(n => Default(Bounce($"POL-15 iq {n}", Iq($"<query xmlns='{n}'/>"), "cancel", "service-unavailable"))),
        Default(Bounce("POL-15 iq that nobody listed", Iq("<query xmlns='urn:example:unheard-of'/>"), "cancel", "service-unavailable")),
        Default(Bounce("POL-15 iq of nothing", Iq(""), "cancel", "service-unavailable")),
        Default(Ok("POL-15 iq listed", Iq("<query xmlns='http://jabber.org/protocol/disco#info'/>"))),
        .. Blocked.Select(n => Default(Stripped($"POL-15 message {n}", $"<body>x</body><x xmlns='{n}'><y/></x><thread>t</thread>", "<body>x</body><thread>t</thread>"))),
        .. Blocked.Select(n => new PolicyCase(
            new RulesDocument { Payloads = new PayloadsDocument { Action = PayloadAction.Refuse } },
            Bounce($"POL-15 message {n}, refused whole", Wire.Message($"<body>x</body><x xmlns='{n}'/>"), "cancel", "service-unavailable"))),
        new(
            new RulesDocument { Payloads = new PayloadsDocument { Deny = ["urn:example:*"] } },
            Stripped("POL-15 denied", "<body>x</body><x xmlns='urn:example:1'/><y xmlns='urn:other'/>", "<body>x</body><y xmlns='urn:other'/>").Row),
        new(
            new RulesDocument { Payloads = new PayloadsDocument { Allow = ["urn:example:1"] } },
            Stripped("POL-15 not on the list", "<body>x</body><x xmlns='urn:example:1'/><y xmlns='urn:other'/>", "<body>x</body><x xmlns='urn:example:1'/>").Row),
        .. Hidden.Select(h => Default(WithHeader(Stripped($"POL-16 {h.Form}, stripped", $"<body>x</body>{h.Payload}<thread/>", "<body>x</body><thread/>").Row))),
        .. Hidden.Select(h => new PolicyCase(
            new RulesDocument { Payloads = new PayloadsDocument { Action = PayloadAction.Refuse } },
            WithHeader(Bounce($"POL-16 {h.Form}, refused", Wire.Message($"<body>x</body>{h.Payload}"), "cancel", "service-unavailable")))),
        .. Hidden.Select(h => Default(WithHeader(Bounce($"POL-16 {h.Form}, asked for", Iq(h.Payload), "cancel", "service-unavailable")))),
        Default(Stripped("POL-16 brackets that come together", "]]<x xmlns='jabber:iq:roster'/>>", "]]&gt;")),
        Default(Stripped("POL-16 hundred of them", $"<body>x</body>{Repeat("<x xmlns='jabber:iq:roster'/>", 100)}", "<body>x</body>")),
        .. new[] { "edge.example", "b@edge.example/r", "EDGE.example", "b@away.example", "b@edge&#46;example" }.SelectMany(a => new[]
        {
            Default(Stripped($"POL-23 delay of {a}", $"<body>x</body><delay xmlns='urn:xmpp:delay' from='{a}' stamp='2026-11-21T00:00:00Z'/>", "<body>x</body>")),
            Default(Stripped($"POL-23 stanza-id of {a}", $"<body>x</body><stanza-id xmlns='urn:xmpp:sid:0' id='1' by='{a}'/>", "<body>x</body>")),
            Default(Stripped($"POL-23 inside, delay of {a}", $"<body>x</body><y xmlns='urn:y'><d:delay xmlns:d='urn:xmpp:delay' from='{a}'/></y>", "<body>x</body>")),
        }),
        Default(Ok("POL-23 delay of their own", Wire.Message("<body>x</body><delay xmlns='urn:xmpp:delay' from='p1.example' stamp='2026-11-21T00:00:00Z'/>"))),
        Default(Ok("POL-23 stanza-id of their own", Wire.Message("<body>x</body><stanza-id xmlns='urn:xmpp:sid:0' id='1' by='a@p1.example'/>"))),
        .. new[] { "received", "sent", "private", "enable" }.Select(e => Default(Stripped(
            $"POL-24 {e}",
            $"<body>x</body><{e} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='boss@edge.example' to='b@edge.example'><body>pay</body></message></forwarded></{e}>",
            "<body>x</body>"))),
    ];

    public static TheoryData<string> CaseNames => [.. Cases.Select(c => c.Row.Id)];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public async Task Stanza_HoweverCut_HasOneOutcome(string id)
    {
        var (rules, row) = Cases.Single(c => c.Row.Id == id);
        await edge.UseAsync(rules);
        await row.CheckAsync(edge);
    }

    // Observe: what would be refused passes as it is, is counted and kept; what never crosses is taken out all the same.
    [Fact]
    public async Task Observe_WhatTheRulesRefuse_PassesAndIsCounted()
    {
        await edge.UseAsync(new RulesDocument { Messages = [MessageKind.Normal], Payloads = new PayloadsDocument { Deny = ["urn:example:1"] } }, PartnerMode.Observe);
        var before = Observed(VerdictReason.KindNotAllowed);

        await Ok("POL observe", Message("type='chat'")).CheckAsync(edge);
        Assert.True(Observed(VerdictReason.KindNotAllowed) >= before + 3, "each of the three ways to cut it is counted");
        Assert.True(edge.Node.Refusals.Read("p1.example")[0] is { Observed: true, Reason: VerdictReason.KindNotAllowed, Kind: "message chat", From: "a@p1.example" });

        await Ok("POL observe, denied payload", Wire.Message("<body>x</body><x xmlns='urn:example:1'/>").Replace(" type='chat'", "", StringComparison.Ordinal)).CheckAsync(edge);
        Assert.True(Observed(VerdictReason.PayloadNotAllowed) >= 3);
        await Stripped("POL observe, carbons", "<body>x</body><sent xmlns='urn:xmpp:carbons:2'/>", "<body>x</body>").Row.CheckAsync(edge);
    }

    private long Observed(VerdictReason reason)
        => edge.Node.Verdicts.Read().FirstOrDefault(c => c.Partner == "p1.example")?.Observed.GetValueOrDefault(reason) ?? 0;

    private static PolicyCase Default(WireCase row) => new(Rules: null, row);

    private static PolicyCase Default(PolicyCase row) => row;

    private static WireCase Drop(string id, string input) => new(id, input, Error: null) { Dropped = 1 };

    private static PolicyCase Stripped(string id, string inner, string left) => new(Rules: null, Ok(id, Wire.Message(inner)) with { DeliveredAs = Wire.Message(left) });

    private static WireCase WithHeader(WireCase row) => row with { Header = Header(extra: "xmlns:r='jabber:iq:roster' ") };

    private static string Message(string type) => $"<message from='a@p1.example' to='b@edge.example' id='1' {type}><body>x</body></message>";

    private static string Iq(string payload) => $"<iq type='get' from='a@p1.example' to='b@edge.example' id='1'>{payload}</iq>";

    private sealed record PolicyCase(RulesDocument? Rules, WireCase Row);
}

/// <summary>One node for the tables of policy: each row puts its own rules in force.</summary>
[CollectionDefinition(nameof(PolicyCollection))]
public sealed class PolicyCollection : ICollectionFixture<PolicyFixture>;
