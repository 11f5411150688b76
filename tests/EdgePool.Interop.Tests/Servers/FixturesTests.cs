using EdgePool.Testing.Certificates;

namespace EdgePool.Interop.Tests.Servers;

/// <summary>The servers federate with each other directly: what fails here is not the edge's fault.</summary>
public sealed class FixturesTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ProsodyAndEjabberd_WithoutAnEdge_ExchangeMessages(bool trusted)
    {
        using var authority = new TestCertificateAuthority();
        var (prosodyAt, ejabberdAt) = (LoopbackAddresses.Next(), LoopbackAddresses.Next());
        await using var dns = await BindServer.StartAsync(
            [.. BindServer.Service("prosody.example", prosodyAt), .. BindServer.Service("ejabberd.example", ejabberdAt)]);
        await using var prosody = await ProsodyServer.StartAsync(new XmppServerOptions
        {
            Domain = "prosody.example",
            Address = prosodyAt,
            Dns = dns.EndPoint,
            Certificate = authority.Issue("prosody.example"),
            TrustedCa = trusted ? authority.RootFile : null,
            Verbose = true,
        });
        await using var ejabberd = await EjabberdServer.StartAsync(new XmppServerOptions
        {
            Domain = "ejabberd.example",
            Address = ejabberdAt,
            Dns = dns.EndPoint,
            Certificate = authority.Issue("ejabberd.example"),
            TrustedCa = trusted ? authority.RootFile : null,
            External = trusted,
            Users = ["bob"],
            Verbose = true,
        });
        await using var alice = await prosody.ConnectAsync("alice");
        await using var bob = await ejabberd.ConnectAsync("bob");
        try
        {
            await alice.SendAsync($"<message to='{bob.Jid}' type='chat'><body>from Prosody</body></message>");
            await bob.WaitForAsync($"message[@from='{alice.Jid}']/body[.='from Prosody']");
            await bob.SendAsync($"<message to='{alice.Jid}' type='chat'><body>from ejabberd</body></message>");
            await alice.WaitForAsync($"message[@from='{bob.Jid}']/body[.='from ejabberd']");
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(e.Message + prosody.Process.Failure("says") + ejabberd.Process.Failure("says") + dns.Process.Failure("says"), e);
        }

        await prosody.Process.WaitForLogAsync(trusted ? "SASL EXTERNAL" : "dialback");
    }
}
