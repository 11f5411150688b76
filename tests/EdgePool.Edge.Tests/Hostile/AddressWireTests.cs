using EdgePool.Edge.Tests.Fixture;
using Microsoft.Extensions.Logging;
using Xunit;
using static EdgePool.Edge.Tests.Fixture.Wire;
using static EdgePool.Edge.Tests.Hostile.WireCase;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>Addresses of stanzas against a running node: RFC 7622, RFC 6120 sections 8.1.1 and 8.1.2; and who may say that they are whom.</summary>
[Collection(nameof(HostileCollection))]
public sealed class AddressWireTests(EdgeFixture fixture) : HostileTests<EdgeFixture>(fixture)
{
    internal static readonly WireCase[] Cases =
    [
        .. new[] { "from='a@p1.example'", "to='b@edge.example'", "", "from='a@p1.example' to=''", "from='' to='b@edge.example'" }
            .Select(a => Refused($"JID-01 {a}", $"<message {a}/>", "improper-addressing")),
        Ok("JID-02", From("a@p1.example/@p2.example")),
        .. new[] { "a@p2.example/@p1.example", "a/b@p1.example", "p2.example/a@p1.example" }.Select(j => Refused($"JID-03 {j}", From(j), "invalid-from")),
        .. new[] { "a@b@p1.example", "@p1.example", "a@", "a@/r", "a@p1.example/", "/r", "@" }.SelectMany(j => new[]
        {
            Bounce($"JID-04 to {j}", To(j), "modify", "jid-malformed"),
            Refused($"JID-04 from {j}", From(j), "improper-addressing"),
        }),
        Ok("JID-06", From("A@P1.EXAMPLE")) with { DeliveredAs = From("a@p1.example") },
        Ok("JID-07", From("a@p1.example.")) with { DeliveredAs = From("a@p1.example") },
        Refused("JID-07 two dots", From("a@p1.example.."), "improper-addressing"),
        .. new[] { "E3 80 82", "EF BC 8E", "EF BD A1", "E2 80 A4" }.Select(d => Refused($"JID-08 {d}", From($"a@p1⟦{d}⟧example"), "improper-addressing")),
        Refused("JID-09", From("x@p⟦D0 B0⟧ypal.example"), "invalid-from") with { From = "paypal.example", Logged = "xn--pypal-4ve.example" },
        .. new[] { "xn--a", "xn--", "xn--example-" }.Select(l => Refused($"JID-11 {l}", From($"a@{l}.example"), "improper-addressing")),
        Ok("JID-11 case", From("a@xn--bcher-KVA.example")) with { From = "xn--bcher-kva.example", DeliveredAs = From("a@bücher.example") },
        .. new[] { Repeat("x", 64) + ".example", Repeat(Repeat("x", 49) + ".", 5) + "example", Repeat("x.", 508) + "example" }.SelectMany((d, i) => new[]
        {
            Refused($"JID-12 from {i}", From("a@" + d), "improper-addressing"),
            Bounce($"JID-12 to {i}", To("a@" + d), "modify", "jid-malformed"),
        }),
        Ok("JID-13 localpart 1 023", To(Repeat("é", 511) + "a@edge.example")),
        Bounce("JID-13 localpart 1 024", To(Repeat("é", 512) + "@edge.example"), "modify", "jid-malformed"),
        Ok("JID-13 resource 1 023", To("b@edge.example/" + Repeat("é", 511) + "a")),
        Bounce("JID-13 resource 1 024", To("b@edge.example/" + Repeat("é", 512)), "modify", "jid-malformed"),
        .. new[] { ("\uff21", "a"), ("\u212a", "k"), ("\u00df", "\u00df"), ("\u0130", "i\u0307"), ("\u03a3", "\u03c3") }
            .Select(m => Ok($"JID-14 {(int)m.Item1[0]:X4}", To($"{m.Item1}@edge.example")) with { DeliveredAs = To($"{m.Item2}@edge.example") }),
        .. new[] { "a\u200db", "a\u200cb", "\u00b7", "\u30fb", "\u0660\u06f0" }.Select((l, i) => Bounce($"JID-16 {i}", To($"{l}@edge.example"), "modify", "jid-malformed")),
        Bounce("JID-17", To("\u05d0a@edge.example"), "modify", "jid-malformed"),
        Ok("JID-18 NFD", To("e\u0301@edge.example")) with { DeliveredAs = To("\u00e9@edge.example") },
        NotWellFormed("JID-19 control", To("b@edge.example/&#7;")),
        Ok("JID-19 spaces and emoji", To("b@edge.example/a b \U0001F600")),
        Refused("JID-21 not served", To("b@elsewhere.example"), "host-unknown"),
        Refused("JID-21 no validated pair", To("b@away.example"), "improper-addressing"),

        Refused("POL-01", From("a@p2.example"), "invalid-from") with { Logged = "p2.example" },
        Refused("POL-03", From("a@sub.p1.example"), "invalid-from"),
        Refused("POL-04", From("a@sub.p1.example"), "invalid-from") with { Wildcard = true },
        Refused("POL-04 the other way", From("a@p1.example"), "invalid-from") with { From = "sub.p1.example" },
        Ok("POL-08", "<iq from='a@p1.example' to='b@edge.example/r' type='result' id='nobody asked'/>"),
        new("POL-10", "<message from='a@p1.example' to='nobody@away.example' type='error' id='1'/>", Error: null) { To = "away.example", Dropped = 1 },
        new("POL-10 result", "<iq from='a@p1.example' to='nobody@away.example' type='result' id='1'/>", Error: null) { To = "away.example", Dropped = 1 },
        new("POL-10 presence", "<presence from='a@p1.example' to='nobody@away.example'/>", Error: null) { To = "away.example", Dropped = 1 },
        Refused("POL-11 back to where it came from", To("b@p1.example"), "host-unknown"),
        NotWellFormed("POL-26 escape", Id("id='x&#27;[31m'")),
        Refused("POL-26 line", From("x&#10;2026-11-21 AUTH OK p2.example"), "improper-addressing"),
        Refused("POL-26 line in element", "<message xmlns='x&#10;2026-11-21 AUTH OK p2.example'/>", "unsupported-stanza-type") with { Logged = @"x\n2026-11-21 AUTH OK p2.example" },

        Bounce("XML-46", "<iq type='get' id='x&apos;/&gt;&lt;message to=&apos;c@edge.example&apos;&gt;' to='nobody@away.example' from='a@p1.example'><ping xmlns='urn:xmpp:ping'/></iq>", "wait", "service-unavailable") with { To = "away.example" },
        Bounce("XML-45 bounced", "<message id='a\"b' to='nobody@away.example' from='a@p1.example'/>", "wait", "service-unavailable") with { To = "away.example" },
        Bounce("XML-47 bounced", "<message id='a&#10;b' to='nobody@away.example' from='a@p1.example'/>", "wait", "service-unavailable") with { To = "away.example" },
    ];

    public static TheoryData<string> CaseNames => Names(Cases);

    [Theory]
    [MemberData(nameof(CaseNames))]
    public Task Stanza_HoweverCut_HasOneOutcome(string id) => Cases.Single(c => c.Id == id).CheckAsync(edge);

    // Whatever the claimed domain is, and however the stanza that claims it goes on; p2.example's own stream is the canary.
    [Theory]
    [InlineData("p2.example", "p2.example", "b@edge.example")]
    [InlineData("p2.example", "p2.example", "@")]
    [InlineData("p\u0430ypal.example", "xn--pypal-4ve.example", "b@edge.example")]
    public async Task Stream_POL01_SendsInAnotherName_IsAuditedAndHarmsNobodyElse(string from, string claimed, string to)
    {
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await peer.SendAsync($"<message from='a@{from}' to='{to}' id='1'><body>x</body></message>");
        await peer.HearEndAsync();

        var end = await edge.EndOfAsync(peer.LocalEndPoint);
        var spoof = Assert.Single(edge.Log.Events, e => e.Id.Id == 1030 && Equals(e.Values["Stream"], end.Values["Stream"]));
        Assert.Equal((LogLevel.Warning, "spoof-attempt"), (spoof.Level, spoof.Id.Name));
        Assert.Equal((claimed, "edge.example-p1.example"), (spoof.Values["Claimed"], spoof.Values["Pairs"]));
        Assert.Empty(await edge.HeardAtComponentAsync());
        await edge.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task Stream_ForADomainThatIsNotServed_IsNoSpoofAttempt()
    {
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await peer.SendAsync(To("b@elsewhere.example"));
        await peer.HearEndAsync();

        var end = await edge.EndOfAsync(peer.LocalEndPoint);
        Assert.DoesNotContain(edge.Log.Events, e => e.Id.Id == 1030 && Equals(e.Values["Stream"], end.Values["Stream"]));
    }

    private static string From(string from) => $"<message from='{from}' to='b@edge.example' id='1'><body>x</body></message>";

    private static string To(string to) => $"<message from='a@p1.example' to='{to}' id='1'><body>x</body></message>";
}
