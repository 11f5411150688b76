using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Policy.Documents;
using EdgePool.Testing.Logging;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

// enableLoggingAllMessageBodies on the wire.
[Collection(nameof(PolicyCollection))]
public sealed class MessageBodyTests(PolicyFixture edge)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bodies_MGT17_AreInTheLogOnlyWhenSwitchedOn(bool on)
    {
        var secret = $"s3cret-{Guid.NewGuid():N}";
        await UseAsync(on);

        await ExchangeAsync($"<body>{secret} &lt;in&gt;</body>", $"<body>{secret} out</body>");

        Assert.Equal(on ? 2 : 0, edge.Log.Events.Count(e => Shows(e, secret)));
        if (!on)
            return;
        var inward = Assert.Single(edge.Log.Events, e => Shows(e, secret + " <in>"));
        Assert.Equal((2202, LogLevel.Information, "EdgePool.Messages"), (inward.Id.Id, inward.Level, inward.Category));
        Assert.Equal(("in", "a@p1.example/r", "b@edge.example"), (inward.Values["MessageId"], inward.Values["From"], inward.Values["To"]));
        var outward = Assert.Single(edge.Log.Events, e => Shows(e, secret + " out"));
        Assert.Equal(("b@edge.example", "a@p1.example"), (outward.Values["From"], outward.Values["To"]));
    }

    [Fact]
    public async Task Bodies_HostileOrLong_AreEscapedAndCut()
    {
        await UseAsync(on: true);
        var mark = Guid.NewGuid().ToString("N");

        await ExchangeAsync($"<body>{mark}&#10;2026-11-21 AUTH OK\u202e</body>", $"<body>{mark}{new string('x', LogText.LongestBytes)}</body>");

        var bodies = edge.Log.Events.Where(e => e.Id.Id == 2202).Select(e => (string)e.Values["Body"]!).Where(b => b.StartsWith(mark, StringComparison.Ordinal)).ToList();
        Assert.Contains($@"{mark}\n2026-11-21 AUTH OK\u{{202e}}", bodies);
        Assert.Contains(mark + new string('x', LogText.LongestBytes - mark.Length) + "…", bodies);
    }

    // Only what goes on, only messages, only bodies.
    [Fact]
    public async Task Refused_OrWithoutABody_IsNotLogged()
    {
        await UseAsync(on: true);
        var mark = Guid.NewGuid().ToString("N");

        await ExchangeAsync($"<subject>{mark}</subject><x xmlns='urn:x'><body>{mark}</body></x>", $"<body>{mark}</body>", type: "groupchat");

        Assert.DoesNotContain(edge.Log.Events, e => Shows(e, mark));
    }

    private async Task UseAsync(bool on) => await edge.UseAsync(
        new PolicyDocument(DocumentKinds.Partner, "p1.example", 2, """{"partnerType":"Federated"}"""),
        new PolicyDocument(DocumentKinds.Partner, "p2.example", 3, """{"partnerType":"Federated"}"""),
        new PolicyDocument(DocumentKinds.AccessPolicy, "global", 4, """{"enableFederationAccess":true,"enableXmppAccess":true}"""),
        new PolicyDocument(DocumentKinds.Gateway, "gateway", 5, on ? """{"enableLoggingAllMessageBodies":true}""" : "{}"));

    /// <summary>One message from p1.example, and one to it of that type, have come through or were refused.</summary>
    private async Task ExchangeAsync(string inside, string outside, string type = "chat")
    {
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await peer.SendAsync($"<message from='a@p1.example/r' to='b@edge.example' id='in'>{inside}</message></stream:stream>");
        await peer.HearEndAsync();
        await edge.Component.SendAsync($"<message from='b@edge.example' to='a@p1.example' id='out' type='{type}'>{outside}</message>");
        if (type == "chat")
            await edge.HeardAtPartnerAsync(1);
        await edge.HeardAtComponentAsync(type == "chat" ? 1 : 2);
    }

    private static bool Shows(CollectedEvent e, string text)
        => e.Message.Contains(text, StringComparison.Ordinal) || e.Values.Values.Any(v => v?.ToString()?.Contains(text, StringComparison.Ordinal) is true);
}
