using System.Text;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Framing;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

// RFC 6120 section 8.3: which stanzas are answered with an error, and with which.
public sealed class BouncerTests
{
    private readonly Ledger ledger = new();
    private readonly RouteTable routes;
    private readonly Bouncer bouncer;
    private readonly StanzaReading reading = new();

    public BouncerTests()
    {
        routes = RoutingOptions.Table(new VirtualTimeProvider(), ledger);
        bouncer = new Bouncer(routes, ledger);
    }

    public static TheoryData<string, BounceReason, string, string> Reasons() => new()
    {
        { "JID", BounceReason.JidMalformed, "modify", "jid-malformed" },
        { "COMP-11", BounceReason.RemoteServerNotFound, "cancel", "remote-server-not-found" },
        { "RES-07", BounceReason.RemoteServerTimeout, "wait", "remote-server-timeout" },
        { "lost", BounceReason.StreamLost, "wait", "remote-server-timeout" },
        { "false key", BounceReason.DialbackInvalid, "cancel", "internal-server-error" },
        { "full", BounceReason.QueueFull, "wait", "resource-constraint" },
        { "absent", BounceReason.BackEndUnavailable, "wait", "service-unavailable" },
        { "shutdown", BounceReason.Shutdown, "wait", "service-unavailable" },
    };

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Refuse_AMessage_AnswersByReason(string id, BounceReason reason, string type, string condition)
    {
        Refuse($"<message from='a@p1.example/r' to='b@edge.example' id='{id}&amp;&lt;'><body>secret</body></message>", reason);

        var error = Sent("edge.example", "p1.example");
        Assert.Contains("from='b@edge.example'", error, StringComparison.Ordinal);
        Assert.Contains("to='a@p1.example/r'", error, StringComparison.Ordinal);
        Assert.Contains($"id='{id}&amp;&lt;'", error, StringComparison.Ordinal);
        Assert.Contains($"type='{type}'", error, StringComparison.Ordinal);
        Assert.Contains($"<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>", error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
        var account = ledger.Read();
        Assert.Equal((1, 1, 0), (account.BouncedBy[reason], account.ErrorsSent, account.ErrorsLost));
    }

    [Fact]
    public void Refuse_EveryReasonHasAnAnswer()
    {
        foreach (var reason in Enum.GetValues<BounceReason>())
            Refuse("<iq type='get' from='a@p1.example' to='b@edge.example' id='1'><q xmlns='urn:example:q'/></iq>", reason);

        Assert.Equal(Enum.GetValues<BounceReason>().Length, ledger.Read().Bounced);
    }

    // The rule is StanzaError.MayAnswer's, and no second one.
    [Theory]
    [InlineData("")]
    [InlineData("type='foo'")]
    [InlineData("type='RESULT'")]
    public void Refuse_AnIqOfNoKnownType_IsAnswered(string type)
    {
        Refuse($"<iq {type} id='1' from='a@p1.example/r' to='b@edge.example'/>", BounceReason.BackEndUnavailable);

        Assert.Contains("type='error'", Sent("edge.example", "p1.example"), StringComparison.Ordinal);
        Assert.Equal((1, 0), (ledger.Read().Bounced, ledger.Read().Dropped));
    }

    [Theory]
    [InlineData("<message type='error' from='a@p1.example' to='b@edge.example'/>", DropReason.UnanswerableUndeliverable)]
    [InlineData("<iq type='error' id='1' from='a@p1.example' to='b@edge.example'/>", DropReason.UnanswerableUndeliverable)]
    [InlineData("<iq type='result' id='1' from='a@p1.example' to='b@edge.example'/>", DropReason.UnanswerableUndeliverable)]
    [InlineData("<presence type='error' from='a@p1.example' to='b@edge.example'/>", DropReason.UnanswerableUndeliverable)]
    [InlineData("<presence from='a@p1.example' to='b@edge.example'/>", DropReason.PresenceUndeliverable)]
    [InlineData("<presence type='subscribe' from='a@p1.example' to='b@edge.example'/>", DropReason.PresenceUndeliverable)]
    public void Refuse_WhatIsNotAnswered_IsDroppedAndCounted(string stanza, DropReason reason)
    {
        Refuse(stanza, BounceReason.BackEndUnavailable);

        var account = ledger.Read();
        Assert.Equal((1, 0, 0), (account.DroppedBy[reason], account.Bounced, account.ErrorsSent));
        Assert.Empty(routes.Pairs);
    }

    [Fact]
    public void Refuse_ErrorThatHasNoWayBack_IsCountedAsLost()
    {
        Refuse("<message from='a@edge.example' to='b@nobody.example' id='1'/>", BounceReason.RemoteServerNotFound, "a@edge.example", "b@nobody.example");

        var account = ledger.Read();
        Assert.Equal((1, 0, 1), (account.Bounced, account.ErrorsSent, account.ErrorsLost));
    }

    [Theory]
    [InlineData(ContentNamespace.Server)]
    [InlineData(ContentNamespace.Component)]
    public void Refuse_ASegment_ReadsItBackAndEndsEachStanza(ContentNamespace rendered)
    {
        var route = routes.Find("edge.example"u8, "p2.example"u8)!;
        Enqueue(route, rendered, "<message from='a@edge.example' to='b@p2.example' id='m'><body>&#65;<![CDATA[<x>]]></body></message>");
        Enqueue(route, rendered, "<iq type='get' from='a@edge.example' to='b@p2.example' id='q'><q xmlns='urn:example:q'/></iq>");
        Enqueue(route, rendered, "<presence from='a@edge.example' to='b@p2.example'/>");
        Enqueue(route, rendered, "<iq type='result' from='a@edge.example' to='b@p2.example' id='r'/>");
        Assert.True(route.Queue.EnqueueOwn("<message type='error' from='a@edge.example' to='b@p2.example'/>"u8));
        routes.Component(Xmpp.Addressing.DomainName.Parse("edge.example"))!.Queue.Attach(static () => { });
        for (var i = 0; i < 4; i++)
            ledger.Accept();

        var segment = route.Queue.Take()!;
        bouncer.Refuse(segment, rendered, BounceReason.StreamLost);
        route.Queue.Release(segment);

        var account = ledger.Read();
        Assert.Equal(2, account.BouncedBy[BounceReason.StreamLost]);
        Assert.Equal((2, 2, 1, 0), (account.Dropped, account.ErrorsSent, account.ErrorsLost, account.InFlight));
        Assert.True(account.Balances);
        var back = Text(routes.Component(Xmpp.Addressing.DomainName.Parse("edge.example"))!);
        Assert.Contains("id='m'", back, StringComparison.Ordinal);
        Assert.Contains("id='q'", back, StringComparison.Ordinal);
    }

    [Fact]
    public void RefuseAll_LeavesTheQueueEmpty()
    {
        var route = routes.Find("edge.example"u8, "p1.example"u8)!;
        for (var i = 0; i < 500; i++)
        {
            ledger.Accept();
            Enqueue(route, ContentNamespace.Server, StanzaReading.Message("a@edge.example", "b@p1.example", "n", 300));
        }

        bouncer.RefuseAll(route, BounceReason.RemoteServerTimeout);

        Assert.Equal((0, 0), (route.Queue.Accepted, route.Queue.Bytes));
        Assert.Equal(500, ledger.Read().BouncedBy[BounceReason.RemoteServerTimeout]);
        Assert.True(ledger.Read().Balances);
    }

    private void Refuse(string xml, BounceReason reason, string from = "a@p1.example/r", string to = "b@edge.example")
    {
        var stanza = reading.Read(xml);
        bouncer.Refuse(in stanza, Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to), reason);
    }

    private void Enqueue(Route route, ContentNamespace rendered, string xml)
    {
        var stanza = reading.Read(xml);
        Assert.Equal(Enqueued.Queued, route.Queue.Enqueue(in stanza, rendered, stanza.From.ToArray(), stanza.To.ToArray()));
    }

    private string Sent(string from, string to) => Text(routes.Find(Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to))!);

    private static string Text(Route route) => Encoding.UTF8.GetString(route.Queue.Take()!.Memory.Span);
}
