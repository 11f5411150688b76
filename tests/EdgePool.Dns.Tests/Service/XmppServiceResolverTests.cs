using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;
using EdgePool.Testing.Dns;
using EdgePool.Testing.Time;

namespace EdgePool.Dns.Tests.Service;

// RFC 6120 section 3.2, XEP-0368 section 2, RFC 2782.
public sealed class XmppServiceResolverTests
{
    private const string StartTls = "_xmpp-server._tcp.p1.example";
    private const string DirectTls = "_xmpps-server._tcp.p1.example";

    private readonly FakeDnsResolver dns = new();
    private readonly VirtualTimeProvider time = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resolve_BothKinds_AreOneSetByPriority()
    {
        dns.Srv(StartTls, "10 0 5269 a.p1.example", "30 0 5269 c.p1.example").Srv(DirectTls, "20 0 5270 b.p1.example", "5 0 443 d.p1.example");

        var plan = await TargetsAsync();

        Assert.Equal(
            ["d.p1.example:443 (direct TLS)", "a.p1.example:5269", "b.p1.example:5270 (direct TLS)", "c.p1.example:5269"],
            plan.Ordered.Select(target => target.ToString()));
        Assert.True(plan.FromSrv);
    }

    [Fact]
    public async Task Resolve_BothKindsOfOnePriority_ShareByWeight()
    {
        dns.Srv(StartTls, "10 1 5269 a.p1.example").Srv(DirectTls, "10 3 5270 a.p1.example");
        var service = Service();

        var direct = 0;
        for (var i = 0; i < 2000; i++)
        {
            direct += (await TargetsAsync(service)).Ordered[0].DirectTls ? 1 : 0;
        }

        // 0.7, see SrvOrderTests; 3 sigma = 61.
        Assert.InRange(direct, 1400 - 61, 1400 + 61);
    }

    [Fact]
    public async Task Resolve_NoSrv_IsTheDomainOn5269()
    {
        var plan = await TargetsAsync();

        Assert.Equal("p1.example:5269", Assert.Single(plan.Ordered).ToString());
        Assert.False(plan.FromSrv);
        Assert.DoesNotContain(dns.Questions, question => question.Type != DnsType.SRV);
    }

    [Theory]
    [InlineData("DNS-11 both", "0 0 0 .", "0 0 0 .", "DecidedlyAbsent")]
    [InlineData("DNS-11 STARTTLS, no direct TLS", "0 0 0 .", "", "DecidedlyAbsent")]
    [InlineData("DNS-11 STARTTLS, direct TLS is there", "0 0 0 .", "0 0 5270 x.p1.example", "x.p1.example:5270 (direct TLS)")]
    [InlineData("direct TLS absent, STARTTLS is there", "0 0 5269 x.p1.example", "0 0 0 .", "x.p1.example:5269")]
    [InlineData("DNS-11 direct TLS absent, no STARTTLS (XEP-0368 section 5)", "", "0 0 0 .", "DecidedlyAbsent")]
    [InlineData("root beside a target", "0 0 0 .|1 0 5269 x.p1.example", "", "x.p1.example:5269")]
    public async Task Resolve_RootTarget_IsDecidedlyAbsent(string id, string startTls, string directTls, string expected)
    {
        Add(StartTls, startTls);
        Add(DirectTls, directTls);

        var plan = await Service().ResolveAsync("p1.example", Stop);

        Assert.True(expected == Describe(plan), id + ": " + plan);
        Assert.DoesNotContain(dns.Questions, question => question.Type != DnsType.SRV);
    }

    [Theory]
    [InlineData("DNS-16 port 0", 0, "PortsRefused")]
    [InlineData("DNS-16 port 22, DB-21", 22, "PortsRefused")]
    [InlineData("DNS-16 port 25, DB-21", 25, "PortsRefused")]
    [InlineData("DNS-16 port 65535", 65535, "x.p1.example:65535")]
    [InlineData("port 1", 1, "x.p1.example:1")]
    public async Task Resolve_Port_IsJudgedByThePolicy(string id, int port, string expected)
    {
        dns.Srv(StartTls, $"0 0 {port} x.p1.example");

        var plan = await Service().ResolveAsync("p1.example", Stop);

        Assert.True(expected == Describe(plan), id + ": " + plan);
    }

    [Fact]
    public async Task Resolve_RefusedPortBesideAGoodOne_IsLeftOut()
    {
        dns.Srv(StartTls, "0 0 22 x.p1.example", "1 0 5269 y.p1.example");

        Assert.Equal("y.p1.example:5269", Describe(await Service().ResolveAsync("p1.example", Stop)));
    }

    [Fact]
    public async Task Resolve_PortPolicyOfItsOwn_Rules()
    {
        dns.Srv(StartTls, "0 0 22 x.p1.example", "1 0 5269 y.p1.example", "2 0 0 z.p1.example");

        Assert.Equal("x.p1.example:22", Describe(await Service(new XmppServiceOptions { AllowPort = port => port is 0 or 22 }).ResolveAsync("p1.example", Stop)));
        Assert.Equal("PortsRefused", Describe(await Service(new XmppServiceOptions { AllowPort = _ => false }).ResolveAsync("p2.example", Stop)));
    }

    [Fact]
    public async Task Resolve_DNS12_5000Records_UsesTheFirst32()
    {
        dns.Srv(StartTls, [.. Enumerable.Range(0, 5000).Select(i => $"{5000 - i} 0 5269 h{i}.p1.example")]);

        var plan = await TargetsAsync();

        Assert.Equal(Enumerable.Range(1, 32), plan.Ordered.Select(target => (int)target.Priority));
    }

    [Theory]
    [InlineData(DnsFailure.Timeout)]
    [InlineData(DnsFailure.ServerFailure)]
    [InlineData(DnsFailure.AliasLoop)] // DNS-14
    public async Task Resolve_SrvFails_IsAFailureAndNeverTheDomainItself(DnsFailure failure)
    {
        dns.Fails(StartTls, DnsType.SRV, failure).Addresses("p1.example", "192.0.2.1");
        Assert.Equal(failure.ToString(), Describe(await Service().ResolveAsync("p1.example", Stop)));

        dns.Srv(StartTls).Fails(DirectTls, DnsType.SRV, failure);
        Assert.Equal(failure.ToString(), Describe(await Service().ResolveAsync("p1.example", Stop)));

        dns.Srv(StartTls, "0 0 5269 x.p1.example");
        Assert.Equal("x.p1.example:5269", Describe(await Service().ResolveAsync("p1.example", Stop)));
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::1")]
    [InlineData("[2001:db8::1]")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a..b")]
    [InlineData("bücher.example")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task Resolve_NotADnsName_AsksNothing(string domain)
    {
        Assert.Equal("NotADnsName", Describe(await Service().ResolveAsync(domain, Stop)));
        Assert.Empty(dns.Questions);
    }

    [Fact]
    public async Task Resolve_DirectTlsOff_DoesNotAskForIt()
    {
        await TargetsAsync(Service(new XmppServiceOptions { DirectTls = false }));

        Assert.Equal(DnsName.Parse(StartTls), Assert.Single(dns.Questions).Name);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Resolve_DNS17_Authenticated_NeedsAllUsedAnswersValidated(bool both)
    {
        dns.Authenticated = true;
        dns.Srv(StartTls, "0 0 5269 x.p1.example");
        dns.Authenticated = both;
        dns.Srv(DirectTls, "0 0 5270 x.p1.example");

        Assert.Equal(both, (await TargetsAsync()).Authenticated);
    }

    // RFC 7673 section 3.1: that there are no SRV records has to be validated as well.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Resolve_NoSrv_IsAuthenticatedWhereItsDenialIs(bool validated)
    {
        dns.Authenticated = validated;
        dns.Srv(StartTls).Srv(DirectTls);

        Assert.Equal(validated, (await TargetsAsync()).Authenticated);
    }

    [Fact]
    public async Task Resolve_CallerGivesUp_IsCancelled()
    {
        dns.Hold(StartTls, DnsType.SRV);
        using var impatience = new CancellationTokenSource();

        var resolving = Service().ResolveAsync("p1.example", impatience.Token).AsTask();
        await impatience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => resolving);
    }

    [Fact]
    public async Task Addresses_Known_ComeAsAaaaThenA()
    {
        dns.Addresses("x.p1.example", "192.0.2.1", "2001:db8::1", "192.0.2.2");

        var batches = await BatchesAsync(Service());

        Assert.Equal([DnsType.AAAA, DnsType.A], batches.Select(batch => batch.Type));
        Assert.Equal([IPEndPoint.Parse("[2001:db8::1]:5269")], batches[0].EndPoints);
        Assert.Equal([IPEndPoint.Parse("192.0.2.1:5269"), IPEndPoint.Parse("192.0.2.2:5269")], batches[1].EndPoints);
    }

    // RFC 8305 section 3: the resolution delay.
    [Fact]
    public async Task Addresses_AaaaLate_LetsAGoAfter50Milliseconds()
    {
        dns.Addresses("x.p1.example", "192.0.2.1", "2001:db8::1");
        var release = dns.Hold("x.p1.example", DnsType.AAAA);
        await using var batches = Service().ResolveAddressesAsync(Target, Stop).GetAsyncEnumerator(Stop);

        var first = batches.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromMilliseconds(49));
        Assert.False(first.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await first);
        Assert.Equal(DnsType.A, batches.Current.Type);

        var second = batches.MoveNextAsync().AsTask();
        Assert.False(second.IsCompleted);
        release();
        Assert.True(await second);
        Assert.Equal(DnsType.AAAA, batches.Current.Type);
        Assert.False(await batches.MoveNextAsync());
        Assert.Equal(0, time.ActiveTimers);
    }

    [Fact]
    public async Task Addresses_AaaaWithinTheDelay_GoesFirst()
    {
        dns.Addresses("x.p1.example", "192.0.2.1", "2001:db8::1");
        var release = dns.Hold("x.p1.example", DnsType.AAAA);
        await using var batches = Service().ResolveAddressesAsync(Target, Stop).GetAsyncEnumerator(Stop);

        var first = batches.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromMilliseconds(49));
        release();

        Assert.True(await first);
        Assert.Equal(DnsType.AAAA, batches.Current.Type);
    }

    [Fact]
    public async Task Addresses_ALate_LetsAaaaGoAtOnce()
    {
        dns.Addresses("x.p1.example", "192.0.2.1", "2001:db8::1");
        dns.Hold("x.p1.example", DnsType.A);
        using var end = new CancellationTokenSource();
        var batches = Service().ResolveAddressesAsync(Target, end.Token).GetAsyncEnumerator(end.Token);

        Assert.True(await batches.MoveNextAsync());
        Assert.Equal(DnsType.AAAA, batches.Current.Type);
        var second = batches.MoveNextAsync().AsTask();
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }

    [Fact]
    public async Task Addresses_NotWanted_AreNotAskedFor()
    {
        dns.Srv(StartTls, "0 0 5269 x.p1.example", "1 0 5269 y.p1.example");

        var plan = await TargetsAsync();
        _ = Service().ResolveAddressesAsync(plan.Ordered[0], Stop);

        Assert.DoesNotContain(dns.Questions, question => question.Type != DnsType.SRV);
    }

    [Fact]
    public async Task Addresses_DB21_DeniedByThePolicy_AreNamedAndLeftOut()
    {
        dns.Addresses("x.p1.example", "127.0.0.1", "8.8.8.8", "::1", "10.0.0.1", "2a00:1450::1");

        var all = await Service(new XmppServiceOptions { AllowAddress = AddressPolicy.PublicOnly }).ResolveAllAddressesAsync(Target, Stop);

        Assert.Equal([IPEndPoint.Parse("[2a00:1450::1]:5269"), IPEndPoint.Parse("8.8.8.8:5269")], all.EndPoints);
        Assert.Equal(["::1", "127.0.0.1", "10.0.0.1"], all.Denied.Select(address => address.ToString()));
    }

    [Fact]
    public async Task AllAddresses_ManyOfBothFamilies_TakeTurnsUpToTheLimit()
    {
        dns.Addresses("x.p1.example", [.. Enumerable.Range(1, 200).Select(i => $"192.0.2.{i}"), "2001:db8::1", "2001:db8::2"]);

        var all = await Service().ResolveAllAddressesAsync(Target, Stop);

        Assert.Equal(16 + 2, all.EndPoints.Length);
        Assert.Equal(
            ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"],
            all.EndPoints.Take(5).Select(endPoint => endPoint.Address.ToString()));
    }

    [Theory]
    [InlineData(true, true, DnsFailure.Timeout)]
    [InlineData(true, false, DnsFailure.None)]
    [InlineData(false, true, DnsFailure.None)]
    public async Task AllAddresses_Failure_NeedsBothQuestionsToFail(bool aaaa, bool a, DnsFailure expected)
    {
        dns.Addresses("x.p1.example", "192.0.2.1", "2001:db8::1");
        if (aaaa)
        {
            dns.Fails("x.p1.example", DnsType.AAAA, DnsFailure.Timeout);
        }

        if (a)
        {
            dns.Fails("x.p1.example", DnsType.A, DnsFailure.Timeout);
        }

        Assert.Equal(expected, (await Service().ResolveAllAddressesAsync(Target, Stop)).Failure);
    }

    private static SrvTarget Target => new(DnsName.Parse("x.p1.example"), 5269, DirectTls: false, 0, 0);

    private XmppServiceResolver Service(XmppServiceOptions? options = null) => new(dns, time, new SeededRandomSource(3), options);

    private async Task<ServicePlan.Targets> TargetsAsync(XmppServiceResolver? service = null)
        => Assert.IsType<ServicePlan.Targets>(await (service ?? Service()).ResolveAsync("p1.example", Stop));

    private static async Task<List<AddressBatch>> BatchesAsync(XmppServiceResolver service)
    {
        var batches = new List<AddressBatch>();
        await foreach (var batch in service.ResolveAddressesAsync(Target, Stop))
        {
            batches.Add(batch);
        }

        return batches;
    }

    private void Add(string name, string records)
    {
        if (records.Length != 0)
        {
            dns.Srv(name, records.Split('|'));
        }
    }

    private static string Describe(ServicePlan plan) => plan switch
    {
        ServicePlan.Targets targets => string.Join(", ", targets.Ordered),
        ServicePlan.Absent absent => absent.Reason.ToString(),
        ServicePlan.Failed failed => failed.Reason.ToString(),
        _ => plan.ToString(),
    };
}
