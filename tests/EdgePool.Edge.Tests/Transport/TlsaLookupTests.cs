using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;
using EdgePool.Edge.Transport;
using EdgePool.Testing.Dns;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.Transport;

// RFC 7673 section 3: which targets are asked about, and how much of them.
public sealed class TlsaLookupTests
{
    private static readonly DomainName Partner = DomainName.Parse("p1.example");

    private readonly VirtualTimeProvider time = new(DateTimeOffset.UtcNow);
    private readonly FakeDnsResolver dns = new() { Authenticated = true };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TlsaLookup.MaxPlaces, TlsaLookup.MaxPlaces)]
    [InlineData(32, TlsaLookup.MaxPlaces)]
    public async Task Find_ManyTargets_AsksAboutTheFirst(int targets, int asked)
    {
        var plan = Plan([.. Enumerable.Range(0, targets).Select(i => Target($"x{i}.p1.example", secure: true))]);

        var found = await Lookup().FindAsync(Partner, _ => plan, Stop);

        Assert.Equal(asked, found.Places.Count);
        Assert.Equal(2 * asked, dns.Questions.Count);
    }

    [Fact]
    public async Task Find_SameHostTwice_IsOnePlace()
        => Assert.Single((await Lookup().FindAsync(Partner, _ => Plan(Target("x.p1.example", secure: true), Target("x.p1.example", secure: true)), Stop)).Places);

    // RFC 7673 section 3.1: who sent us to a host that DNSSEC does not vouch for, may send us to one with records of his own.
    [Fact]
    public async Task Find_TargetNotSecure_IsInsecureAndNothingIsAsked()
    {
        var found = await Lookup().FindAsync(Partner, Target("evil.example", secure: false), Stop);

        Assert.IsType<TlsaAnswer.Insecure>(Assert.Single(found.Places).Answer);
        Assert.Empty(dns.Questions);
    }

    [Fact]
    public async Task Find_ResolverThatDoesNotValidate_IsInsecureAndNothingIsAsked()
    {
        var lookup = new TlsaLookup(dns, validating: false, TimeSpan.FromSeconds(10), time);

        Assert.Equal("p1.example is not secured by DNSSEC", (await lookup.FindAsync(Partner, _ => throw new InvalidOperationException("asked"), Stop)).ToText());
        Assert.Empty(dns.Questions);
    }

    [Fact]
    public async Task Find_NoTargets_SaysWhy()
    {
        var failed = await Lookup().FindAsync(Partner, _ => Task.FromResult(new TargetPlan([], Absent: false, "") { Failure = DnsFailure.ServerFailure }), Stop);
        var absent = await Lookup().FindAsync(Partner, _ => Task.FromResult(new TargetPlan([], Absent: true, "")), Stop);
        var address = await Lookup().FindAsync(Partner, new OutboundTarget(new SrvTarget(DnsName.Root, 5269, DirectTls: false, 0, 0), IPAddress.Loopback), Stop);

        Assert.True(failed.Incomplete);
        Assert.Equal("p1.example could not be asked for (ServerFailure)", failed.ToText());
        Assert.Equal(("p1.example has none", "the configured address has none"), (absent.ToText(), address.ToText()));
        Assert.False(absent.Incomplete || address.Incomplete);
    }

    [Fact]
    public async Task Find_DnsThatDoesNotAnswer_EndsInItsTime()
    {
        var release = dns.Hold("x.p1.example", DnsType.A);
        var finding = Lookup().FindAsync(Partner, Target("x.p1.example", secure: true), Stop);

        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(finding.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Equal(new TlsaAnswer.Failed(DnsName.Parse("p1.example"), DnsFailure.Timeout), Assert.Single((await finding).Places).Answer);
        release();
    }

    [Fact]
    public async Task Find_NobodyWaitsAnyMore_EndsWithoutAFault()
    {
        var release = dns.Hold("x.p1.example", DnsType.A);
        using var gone = new CancellationTokenSource();
        var finding = Lookup().FindAsync(Partner, Target("x.p1.example", secure: true), gone.Token);

        await gone.CancelAsync();

        Assert.True((await finding).Incomplete);
        release();
    }

    private static Task<TargetPlan> Plan(params OutboundTarget[] targets) => Task.FromResult(new TargetPlan(targets, Absent: false, string.Empty));

    private static OutboundTarget Target(string host, bool secure)
        => new(new SrvTarget(DnsName.Parse(host), 5269, DirectTls: false, 0, 0), Address: null) { Secure = secure };

    private TlsaLookup Lookup() => new(dns, validating: true, TimeSpan.FromSeconds(10), time);
}
