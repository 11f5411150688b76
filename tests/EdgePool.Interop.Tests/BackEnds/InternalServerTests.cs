using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Partners;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;

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
        using var authority = new TestCertificateAuthority("Public authority");
        using var internalAuthority = new TestCertificateAuthority("Internal authority");
        var (partnerAt, edgeAt, internalAt) = (LoopbackAddresses.Next(), LoopbackAddresses.Next(), LoopbackAddresses.Next());
        await using var publicDns = await BindServer.StartAsync(
            [.. BindServer.Service("partner.example", partnerAt), .. BindServer.Service("contoso.example", edgeAt)]);
        await using var internalDns = await BindServer.StartAsync([.. BindServer.Service("partner.example", edgeAt, 23456)]);
        await using var partner = await PartnerScenario.ServerAsync(outside, new XmppServerOptions
        {
            Domain = "partner.example",
            Address = partnerAt,
            Dns = publicDns.EndPoint,
            Certificate = authority.Issue("partner.example"),
            TrustedCa = authority.RootFile,
        });
        await using var server = await PartnerScenario.ServerAsync(inside, new XmppServerOptions
        {
            Domain = "contoso.example",
            Address = internalAt,
            Dns = internalDns.EndPoint,
            Certificate = internalAuthority.Issue("contoso.example"),
            TrustedCa = internalAuthority.RootFile,
            Users = ["bob"],
        });
        await using var edge = await EdgeProcess.StartAsync(new EdgeSetup
        {
            Address = edgeAt,
            Dns = publicDns.EndPoint,
            Certificates = [authority.Issue("contoso.example")],
            Domains = [new LocalDomain("contoso.example", server.ServerEndPoint)],
            Partners = [new PartnerSetup("partner.example")],
            TrustedCa = authority.RootFile,
            InternalCa = internalAuthority.RootFile,
        });
        await using var alice = await partner.ConnectAsync("alice");
        await using var bob = await server.ConnectAsync("bob");

        await alice.SendAsync($"<message to='{bob.Jid}' type='chat'><body>to the inside</body></message>");
        await bob.WaitForAsync($"message[@from='{alice.Jid}']/body[.='to the inside']");
        await bob.SendAsync($"<message to='{alice.Jid}' type='chat'><body>to the outside</body></message>");
        await alice.WaitForAsync($"message[@from='{bob.Jid}']/body[.='to the outside']");
        await alice.SendAsync("<iq type='get' id='v' to='contoso.example'><query xmlns='jabber:iq:version'/></iq>");
        await alice.WaitForAsync("iq[@type='result' and @id='v' and @from='contoso.example']");
        await bob.SendAsync("<iq type='get' id='e' to='nobody@partner.example/none'><query xmlns='urn:example:unknown'/></iq>");
        await bob.WaitForAsync("iq[@type='error' and @id='e']");

        await Task.WhenAll(
            NumberedFlow.SendAsync(alice, alice.Jid, bob.Jid, ManyMessages),
            NumberedFlow.ReceiveAsync(bob, alice.Jid, ManyMessages),
            NumberedFlow.SendAsync(bob, bob.Jid, alice.Jid, ManyMessages),
            NumberedFlow.ReceiveAsync(alice, bob.Jid, ManyMessages));
        var account = await edge.StopAsync();
        Assert.True(account is { Balances: true, Bounced: 0, Dropped: 0, InFlight: 0 }, account.ToString());
    }
}
