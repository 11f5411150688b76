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

        await prosody.Process.WaitForLogAsync(trusted ? "SASL EXTERNAL with ejabberd.example succeeded" : "dialback");
    }

    [Fact]
    public async Task SlixmppUserAndComponent_AtProsody_ExchangeMessagesAndPings()
    {
        using var authority = new TestCertificateAuthority();
        await using var dns = await BindServer.StartAsync();
        await using var prosody = await ProsodyServer.StartAsync(new XmppServerOptions
        {
            Domain = "prosody.example",
            Dns = dns.EndPoint,
            Certificate = authority.Issue("prosody.example"),
            TrustedCa = authority.RootFile,
            Components = ["bot.prosody.example"],
        });
        await using var bot = await SlixmppEntity.ConnectComponentAsync(prosody.ComponentEndPoint, "bot.prosody.example", XmppServerOptions.Password);
        await bot.EchoAsync();
        await using var alice = await SlixmppEntity.ConnectUserAsync(prosody, "alice", authority.RootFile);
        await alice.SendMessageAsync("echo@bot.prosody.example", "hello");
        var echo = await alice.WaitForAsync(e => e.Event == "message");
        Assert.Equal("echo: hello", echo.Body);
        await alice.PingAsync("bot.prosody.example");
        await alice.WaitForAsync(e => e.Event == "pong");
        await alice.PingAsync("nobody.prosody.example");
        Assert.Equal("remote-server-not-found", (await alice.WaitForAsync(e => e.Event == "error")).Condition);
    }

    [Fact]
    public async Task ServerProcess_Stopped_LeavesNothing()
    {
        await using var server = await ServerProcess.StartAsync("sleep", "sleep", ["600"]);
        Assert.False(server.HasExited);
        Assert.True(await server.StopAsync());
        Assert.False(Directory.Exists($"/proc/{server.Id}"));
    }
}
