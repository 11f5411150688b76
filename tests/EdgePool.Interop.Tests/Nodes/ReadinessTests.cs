using EdgePool.Interop.Tests.Partners;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Nodes;

/// <summary>A real partner, and two nodes that its DNS names with different priorities: it goes to the one that can do its job (RFC 2782).</summary>
public sealed class ReadinessTests
{
    private const int Ready = 2012;
    private const int NotReady = 2013;

    [Theory]
    [InlineData(ServerKind.Prosody)]
    [InlineData(ServerKind.Ejabberd)]
    public async Task Partner_OfANodeWithoutItsBackEnd_GoesToTheNextTargetAndComesBack(ServerKind kind)
    {
        using var authority = new TestCertificateAuthority();
        var (partnerAt, first, second) = (LoopbackAddresses.Next(), LoopbackAddresses.Next(), LoopbackAddresses.Next());
        await using var dns = await BindServer.StartAsync(
        [
            .. BindServer.Service("partner.example", partnerAt),
            $"_xmpp-server._tcp.contoso.example. SRV 10 0 5269 {first}.",
            $"_xmpp-server._tcp.contoso.example. SRV 20 0 5269 {second}.",
            $"{first}. A {first}",
            $"{second}. A {second}",
        ]);
        await using var partner = await PartnerScenario.ServerAsync(kind, new XmppServerOptions
        {
            Domain = "partner.example",
            Address = partnerAt,
            Dns = dns.EndPoint,
            Certificate = authority.Issue("partner.example"),
            TrustedCa = authority.RootFile,
        });
        var certificate = authority.Issue("contoso.example");
        Task<EdgeProcess> StartAsync(System.Net.IPAddress address) => EdgeProcess.StartAsync(new EdgeSetup
        {
            Address = address,
            Dns = dns.EndPoint,
            Certificates = [certificate],
            Domains = [new LocalDomain("contoso.example")],
            Partners = [new PartnerSetup("partner.example")],
            TrustedCa = authority.RootFile,
            Grace = TimeSpan.FromSeconds(1),
        });
        await using var preferred = await StartAsync(first);
        await using var other = await StartAsync(second);
        await using var alice = await partner.ConnectAsync("alice");
        await using var otherBot = await ComponentClient.ConnectAsync(other.Setup.Internal, "contoso.example", EdgeSetup.ComponentSecret);
        await other.WaitForAsync(e => e.Id == Ready, "the other node is ready");

        await SayAsync(alice, otherBot, "the preferred node has no back end");

        await using (var bot = await ComponentClient.ConnectAsync(preferred.Setup.Internal, "contoso.example", EdgeSetup.ComponentSecret))
        {
            await preferred.WaitForAsync(e => e.Id == Ready, "the preferred node is ready");
            await otherBot.DisposeAsync();
            await other.WaitForAsync(e => e.Id == NotReady, "the other node has lost its back end");
            await other.WaitForAsync(e => e is { Id: 1010 } && e["reason"] is "shutdown", "the other node has ended the partner's stream");
            await SayAsync(alice, bot, "the other node has lost its back end");
        }

        foreach (var edge in (EdgeProcess[])[preferred, other])
        {
            var account = await edge.StopAsync();
            Assert.True(account is { Balances: true, Dropped: 0, InFlight: 0 }, account.ToString());
        }
    }

    /// <summary>Says it until it is heard: what a server without XEP-0198 writes to a stream that ends at that moment is gone.</summary>
    private static async Task SayAsync(UserClient alice, ComponentClient bot, string text)
    {
        var heard = bot.WaitForAsync($"message[@from='{alice.Jid}']/body[.='{text}']");
        for (var times = 0; times < 15 && !heard.IsCompleted; times++)
        {
            await alice.SendAsync($"<message to='bot@contoso.example' type='chat'><body>{text}</body></message>");
            await Task.WhenAny(heard, Task.Delay(TimeSpan.FromSeconds(1)));
        }

        await heard;
    }
}
