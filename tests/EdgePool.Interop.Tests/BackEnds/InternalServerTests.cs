using EdgePool.Interop.Tests.Partners;

namespace EdgePool.Interop.Tests.BackEnds;

/// <summary>
/// Internal servers that know nothing of the edge: their DNS sends them to port 23456 of it for every partner, and it
/// connects to them for what partners send.
/// </summary>
public sealed class InternalServerTests
{
    private const int ManyMessages = 2_000;

    [Theory]
    [InlineData(ServerKind.Prosody, ServerKind.Prosody)]
    [InlineData(ServerKind.Prosody, ServerKind.Ejabberd)]
    [InlineData(ServerKind.Ejabberd, ServerKind.Prosody)]
    [InlineData(ServerKind.Ejabberd, ServerKind.Ejabberd)]
    public async Task InternalServer_OverTheInternalPort_ItsUsersTalkWithThePartners(ServerKind outside, ServerKind inside)
    {
        await using var scenario = await InternalScenario.StartAsync(outside, inside, InternalProof.Dialback);
        var (alice, bob) = (scenario.Alice, scenario.Bob);

        await TalkAsync(scenario);
        await alice.SendAsync("<iq type='get' id='v' to='contoso.example'><query xmlns='jabber:iq:version'/></iq>");
        await alice.WaitForAsync("iq[@type='result' and @id='v' and @from='contoso.example']");
        await bob.SendAsync("<iq type='get' id='e' to='nobody@partner.example/none'><ping xmlns='urn:xmpp:ping'/></iq>");
        await bob.WaitForAsync("iq[@type='error' and @id='e']");

        await Task.WhenAll(
            NumberedFlow.SendAsync(alice, alice.Jid, bob.Jid, ManyMessages),
            NumberedFlow.ReceiveAsync(bob, alice.Jid, ManyMessages),
            NumberedFlow.SendAsync(bob, bob.Jid, alice.Jid, ManyMessages),
            NumberedFlow.ReceiveAsync(alice, bob.Jid, ManyMessages));
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Bounced: 0, Dropped: 0, InFlight: 0 }, account.ToString());
    }

    /// <summary>XEP-0178 on port 23456: certificates alone, both ways, and what they proved is in the node's log.</summary>
    [Theory]
    [InlineData(ServerKind.Prosody)]
    [InlineData(ServerKind.Ejabberd)]
    public async Task InternalServer_ByMutualTls_IsSaslExternalBothWays(ServerKind inside)
    {
        await using var scenario = await InternalScenario.StartAsync(ServerKind.Prosody, inside, InternalProof.MutualTls);

        await TalkAsync(scenario);

        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Bounced: 0, Dropped: 0, InFlight: 0 }, account.ToString());
        const string Pair = $"{InternalScenario.PartnerDomain}-{InternalScenario.LocalDomainName}";
        Assert.Equal(["SaslExternal"], scenario.Edge.MethodsOf(Pair, inbound: true));
        Assert.Equal(["SaslExternal"], scenario.Edge.MethodsOf(Pair, inbound: false));
    }

    /// <summary>All that the internal server is told of the edge is whom to ask for names; a domain that is no partner's does not exist for it.</summary>
    [Theory]
    [InlineData(ServerKind.Prosody)]
    [InlineData(ServerKind.Ejabberd)]
    public async Task InternalServer_WithTheEdgesViewAsItsResolver_FederatesThroughIt(ServerKind inside)
    {
        await using var scenario = await InternalScenario.StartAsync(ServerKind.Prosody, inside, InternalProof.Dialback, view: true);

        await TalkAsync(scenario);
        await scenario.Bob.SendAsync("<iq type='get' id='s' to='stranger.example'><ping xmlns='urn:xmpp:ping'/></iq>");
        await scenario.Bob.WaitForAsync("iq[@type='error' and @id='s']/error/*[name()='remote-server-not-found' or name()='remote-server-timeout']");

        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Bounced: 0, Dropped: 0, InFlight: 0, Accepted: 2 }, account.ToString());
    }

    /// <summary>RFC 2782: of the nodes that the view names, the first is gone and refuses TCP, so that the internal server goes on to the next one.</summary>
    [Theory]
    [InlineData(ServerKind.Prosody)]
    [InlineData(ServerKind.Ejabberd)]
    public async Task InternalServer_WhoseFirstNodeOfTheViewIsGone_GoesOnToTheNext(ServerKind inside)
    {
        await using var scenario = await InternalScenario.StartAsync(ServerKind.Prosody, inside, InternalProof.Dialback, view: true, gone: true);

        await TalkAsync(scenario);

        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Bounced: 0, Dropped: 0, InFlight: 0, Accepted: 2 }, account.ToString());
    }

    private static async Task TalkAsync(InternalScenario scenario)
    {
        var (alice, bob) = (scenario.Alice, scenario.Bob);
        await alice.SendAsync($"<message to='{bob.Jid}' type='chat'><body>to the inside</body></message>");
        await bob.WaitForAsync($"message[@from='{alice.Jid}']/body[.='to the inside']");
        await bob.SendAsync($"<message to='{alice.Jid}' type='chat'><body>to the outside</body></message>");
        await alice.WaitForAsync($"message[@from='{bob.Jid}']/body[.='to the outside']");
    }
}
