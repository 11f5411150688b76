using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>Hostile servers and name servers that we connect to.</summary>
public sealed class OutboundTests(OutboundFixture fixture) : HostileTests<OutboundFixture>(fixture), IClassFixture<OutboundFixture>
{
    private const string Features = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";

    // TLS-05: an answer injected behind <proceed/>.
    [Fact]
    public async Task Plaintext_BehindProceed_ClosesTheConnection()
    {
        await SendAsync("TLS-05");
        await using var peer = await OpenAsync(Wire.Header("o1.example", "p1.example", "id='1' ") + Features);
        await peer.ExpectAsync("tls:starttls");
        await peer.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features><success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        await peer.ExpectConnectionEndAsync();
        await ExpectBouncedAsync("TLS-05");
    }

    // TLS-09, TLS-10, TLS-11: no TLS, or TLS as a choice, or a server older than TLS.
    [Theory]
    [InlineData("TLS-09 stripped", "version='1.0'", "<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>")]
    [InlineData("TLS-09 optional", "version='1.0'", "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><optional/></starttls></stream:features>")]
    [InlineData("TLS-10", "", "")]
    [InlineData("TLS-11", "version='1.0'", "<stream:features/>")]
    public async Task Server_WithoutTls_GetsNoStanza(string id, string version, string features)
    {
        await SendAsync(id);
        var header = Wire.Header("o1.example", "p1.example", "id='1' ").Replace("version='1.0'>", version + ">", StringComparison.Ordinal);
        await using var peer = await OpenAsync(header + features);
        await peer.ExpectStreamErrorAsync("policy-violation");
        Assert.DoesNotContain("<message", peer.Dialogue, StringComparison.Ordinal);
        await ExpectBouncedAsync(id);
    }

    // DNS-17: an unsigned SRV record leads to a host that proves its own name and not the domain's.
    [Fact]
    public async Task Server_ThatProvesAnotherName_GetsNoStanza()
    {
        await SendAsync("DNS-17");
        await using var peer = await OpenAsync(Wire.Header("o1.example", "p1.example", "id='1' ") + Features);
        await peer.ExpectAsync("tls:starttls");
        await peer.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await peer.UpgradeTlsAsync(PartnerServer.ServerTls(edge.Authority.Issue("evil.host")));
        await peer.ExpectConnectionEndAsync();
        Assert.DoesNotContain("<message", peer.Dialogue, StringComparison.Ordinal);
        await ExpectBouncedAsync("DNS-17");
    }

    // DNS-11, DNS-16: a service that is decidedly absent, or that stands at the port of another one.
    [Theory]
    [InlineData("absent.example")]
    [InlineData("ssh.example")]
    [InlineData("smtp.example")]
    [InlineData("zero.example")]
    public async Task Domain_WithoutAUsableService_IsNotFoundAtOnce(string domain)
    {
        await edge.Component.SendAsync($"<message from='b@edge.example' to='a@{domain}' id='{domain}'/>");
        var error = await edge.Component.WaitForAsync("message[@type='error']/error[@type='cancel']/stanzas:remote-server-not-found");
        Assert.Equal(domain, error.Attribute("id")?.Value);
        Assert.DoesNotContain(edge.Names.Asked, name => name.StartsWith("A ", StringComparison.Ordinal) && name.Contains(domain, StringComparison.Ordinal));
    }

    private Task SendAsync(string id) => edge.Component.SendAsync($"<message from='b@edge.example' to='a@o1.example' id='{id}'/>");

    private async Task<ScriptedPeer> OpenAsync(string opening)
    {
        var accepting = edge.Hostile.AcceptAsync("o1.example");
        await edge.AdvanceUntilAsync(accepting, TimeSpan.FromMinutes(10));
        var peer = await accepting;
        await peer.ExpectHeaderAsync();
        await peer.SendAsync(opening);
        return peer;
    }

    private async Task ExpectBouncedAsync(string id)
    {
        // Whoever connects again meanwhile is closed without a word.
        using var stop = new CancellationTokenSource();
        var closing = CloseAllAsync(stop.Token);
        var bounced = edge.Component.WaitForAsync("message[@type='error']/error[@type='wait']/stanzas:remote-server-timeout");
        await edge.AdvanceUntilAsync(bounced, TimeSpan.FromSeconds(90));
        Assert.Equal(id, (await bounced).Attribute("id")?.Value);
        await stop.CancelAsync();
        await closing;
    }

    private async Task CloseAllAsync(CancellationToken stop)
    {
        try
        {
            while (true)
                await (await edge.Hostile.AcceptAsync("o1.example", stop)).DisposeAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or DialogueException)
        {
            // Enough.
        }
    }
}

/// <summary>A partner whose server is a test's script, and partners whose DNS leads nowhere.</summary>
public sealed class OutboundFixture : VirtualTimeFixture
{
    internal ScriptedListener Hostile { get; } = new() { Patience = TimeSpan.FromMinutes(1) };

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Hostile.Dispose();
    }

    protected override IReadOnlyList<PartnerDocument> Partners()
        => [.. base.Partners(), .. new[] { "o1.example", "absent.example", "ssh.example", "smtp.example", "zero.example" }.Select(d => new PartnerDocument { Domain = d })];

    protected override IEnumerable<DnsZone> Zones() =>
    [
        .. base.Zones(),
        Zone("o1.example", Hostile.EndPoint),
        DnsZone.Create("absent.example", Service("absent.example", DnsName.Root, 0), new AddressRecord(DnsName.Parse("absent.example"), 60, IPAddress.Loopback)),
        Zone("ssh.example", new IPEndPoint(IPAddress.Loopback, 22)),
        Zone("smtp.example", new IPEndPoint(IPAddress.Loopback, 25)),
        Zone("zero.example", new IPEndPoint(IPAddress.Loopback, 0)),
    ];
}
