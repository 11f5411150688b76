using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Partners;

/// <summary>A server whose stream headers have neither addresses nor a version: jabberd2 2.7 without TLS, both ways.</summary>
public sealed class OldServerTests
{
    private const string Partner = "partner.example";
    private const string Local = "contoso.example";

    [Theory]
    [Trait("compat", "missing-to")]
    [Trait("compat", "missing-from")]
    [Trait("compat", "no-version")]
    [Trait("compat", "dialback-by-declaration")]
    [InlineData("Optional", true)]
    [InlineData("Required", false)]
    public async Task Partner_WithoutTlsAndAddresses_IsProvenByDialbackWherePolicyAllows(string tls, bool allowed)
    {
        using var authority = new TestCertificateAuthority();
        var (partnerAt, edgeAt) = (LoopbackAddresses.Next(), LoopbackAddresses.Next());
        await using var dns = await BindServer.StartAsync([.. BindServer.Service(Partner, partnerAt), .. BindServer.Service(Local, edgeAt)]);
        await using var partner = await Jabberd2Server.StartAsync(new XmppServerOptions
        {
            Domain = Partner,
            Address = partnerAt,
            Dns = dns.EndPoint,
            Certificate = authority.Issue(Partner),
            Tls = false,
        });
        await using var edge = await EdgeProcess.StartAsync(new EdgeSetup
        {
            Address = edgeAt,
            Dns = dns.EndPoint,
            Certificates = [authority.Issue(Local)],
            Domains = [new LocalDomain(Local)],
            Partners = [new PartnerSetup(Partner) { Tls = tls, Sasl = "NotSupported" }],
            TrustedCa = authority.RootFile,
            Pending = TimeSpan.FromSeconds(2),
        });
        await using var bot = await ComponentClient.ConnectAsync(edge.Setup.Internal, Local, EdgeSetup.ComponentSecret);
        await using var alice = await partner.ConnectComponentAsync(Partner);

        await alice.SendAsync($"<message from='alice@{Partner}' to='bot@{Local}' id='in'><body>in</body></message>");
        if (allowed)
            await bot.WaitForAsync($"message[@from='alice@{Partner}' and @id='in']/body[.='in']");
        else
            await alice.WaitForAsync($"message[@from='bot@{Local}' and @id='in' and @type='error']");
        await bot.SendAsync($"<message from='bot@{Local}' to='alice@{Partner}' id='out'><body>out</body></message>");
        await (allowed
            ? alice.WaitForAsync($"message[@from='bot@{Local}' and @id='out' and not(@type='error')]/body[.='out']")
            : bot.WaitForAsync($"message[@from='alice@{Partner}' and @id='out' and @type='error']/error/stanzas:remote-server-timeout"));

        var account = await edge.StopAsync();
        Assert.True(account is { Balances: true, InFlight: 0, Dropped: 0 }, account.ToString());
        string[] methods = allowed ? ["DialbackOverTcp"] : [];
        Assert.Equal(methods, edge.MethodsOf($"{Local}-{Partner}", inbound: true));
        Assert.Equal(methods, edge.MethodsOf($"{Local}-{Partner}", inbound: false));
    }
}
