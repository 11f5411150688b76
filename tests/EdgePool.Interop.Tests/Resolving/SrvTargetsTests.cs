using System.Net;
using System.Net.Security;
using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Resolving;

/// <summary>How the second of three targets refuses.</summary>
public enum Refusal
{
    /// <summary>It answers STARTTLS with <c>failure</c> (RFC 6120 section 5.4.2.2).</summary>
    StartTlsFails,

    /// <summary>It does not offer STARTTLS.</summary>
    NoStartTls,

    /// <summary>It says proceed and then hangs up.</summary>
    HandshakeFails,

    /// <summary>It is under TLS, but with a certificate for another domain, and finds our dialback key invalid.</summary>
    DialbackFails,
}

/// <summary>SRV records of a real BIND with three targets, of which only the last is any good (RFC 2782, RFC 6120 section 3.2.1).</summary>
public sealed class SrvTargetsTests
{
    [Theory]
    [InlineData(Refusal.StartTlsFails)]
    [InlineData(Refusal.NoStartTls)]
    [InlineData(Refusal.HandshakeFails)]
    [InlineData(Refusal.DialbackFails)]
    public async Task Outbound_FirstTargetRefusesTcpSecondRefusesTls_TheThirdTakesTheStream(Refusal refusal)
    {
        using var authority = new TestCertificateAuthority();
        var (deaf, broken, good, edgeAt) = (LoopbackAddresses.Next(), LoopbackAddresses.Next(), LoopbackAddresses.Next(), LoopbackAddresses.Next());
        await using var dns = await BindServer.StartAsync(
            "_xmpp-server._tcp.partner.example. SRV 10 0 5269 deaf.partner.example.",
            "_xmpp-server._tcp.partner.example. SRV 20 0 5269 broken.partner.example.",
            "_xmpp-server._tcp.partner.example. SRV 30 0 5269 good.partner.example.",
            $"deaf.partner.example. A {deaf}",
            $"broken.partner.example. A {broken}",
            $"good.partner.example. A {good}",
            $"_xmpp-server._tcp.contoso.example. SRV 0 0 5269 {edgeAt}.",
            $"{edgeAt}. A {edgeAt}");
        await using var partner = await ProsodyServer.StartAsync(new XmppServerOptions
        {
            Domain = "partner.example",
            Address = good,
            Dns = dns.EndPoint,
            Certificate = authority.Issue("partner.example"),
            TrustedCa = authority.RootFile,
        });
        await using var edge = await EdgeProcess.StartAsync(new EdgeSetup
        {
            Address = edgeAt,
            Dns = dns.EndPoint,
            Certificates = [authority.Issue("contoso.example")],
            Domains = [new LocalDomain("contoso.example")],
            Partners = [new PartnerSetup("partner.example")],
            TrustedCa = authority.RootFile,
        });
        using var listener = new ScriptedListener(new IPEndPoint(broken, 5269));
        await using var bot = await ComponentClient.ConnectAsync(edge.Setup.Internal, "contoso.example", EdgeSetup.ComponentSecret);
        await using var alice = await partner.ConnectAsync();

        await bot.SendAsync($"<message from='bot@contoso.example' to='{alice.Jid}'><body>by the third way</body></message>");
        await using var second = await listener.AcceptAsync("the second target");
        await RefuseAsync(second, refusal, authority);
        await alice.WaitForAsync("message[@from='bot@contoso.example']/body[.='by the third way']");

        var account = await edge.StopAsync();
        Assert.True(account is { Balances: true, Bounced: 0, Dropped: 0, InFlight: 0 }, account.ToString());
    }

    private static async Task RefuseAsync(ScriptedPeer peer, Refusal refusal, TestCertificateAuthority authority)
    {
        await peer.ExpectHeaderAsync();
        await peer.SendHeaderAsync("partner.example", "contoso.example", id: "second");
        if (refusal == Refusal.NoStartTls)
        {
            await peer.SendAsync("<stream:features/>");
            return;
        }

        await peer.SendAsync("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>");
        await peer.ExpectAsync("tls:starttls");
        if (refusal == Refusal.StartTlsFails)
        {
            await peer.SendAsync("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>");
            return;
        }

        await peer.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        if (refusal == Refusal.HandshakeFails)
        {
            await peer.DisposeAsync();
            return;
        }

        await peer.UpgradeTlsAsync(new SslServerAuthenticationOptions { ServerCertificate = authority.Issue("elsewhere.example").Certificate });
        await peer.ExpectHeaderAsync();
        await peer.SendHeaderAsync("partner.example", "contoso.example", id: "second again");
        await peer.SendAsync("<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>");
        await peer.ExpectAsync("db:result[@from='contoso.example' and @to='partner.example']");
        await peer.SendAsync("<db:result from='partner.example' to='contoso.example' type='invalid'/></stream:stream>");
    }
}
