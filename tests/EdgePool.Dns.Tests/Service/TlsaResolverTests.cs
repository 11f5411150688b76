using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;
using EdgePool.Dns.Serving;
using EdgePool.Testing.Dns;

namespace EdgePool.Dns.Tests.Service;

// RFC 7673 sections 3.2 and 3.3, RFC 7671 section 7.
public sealed class TlsaResolverTests
{
    private static readonly DnsName Host = DnsName.Parse("x.p1.example");
    private static readonly DnsName Owner = DnsName.Parse("_5269._tcp.x.p1.example");

    private readonly FakeDnsResolver dns = new() { Authenticated = true };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resolve_AllSecure_GivesTheRecords()
    {
        dns.Addresses("x.p1.example", "192.0.2.1").Answer(Owner, DnsType.TLSA, Record(Owner, 1), Record(Owner, 2));

        var secure = Assert.IsType<TlsaAnswer.Secure>(await ResolveAsync());

        Assert.Equal(Owner, secure.Owner);
        Assert.Equal([1, 2], secure.Records.Select(record => record.Data.Span[0]));
    }

    [Fact]
    public async Task Resolve_SecureDenial_IsAbsent()
    {
        dns.Addresses("x.p1.example", "192.0.2.1").Answer(Owner, DnsType.TLSA);

        Assert.Equal(new TlsaAnswer.Absent(Owner) { Proven = true }, await ResolveAsync());
    }

    // RFC 7673 section 3.2: no TLSA question below a host whose addresses are not secure.
    [Theory]
    [InlineData(DnsType.A)]
    [InlineData(DnsType.AAAA)]
    public async Task Resolve_AddressesNotSecure_AsksNoFurther(DnsType type)
    {
        dns.Addresses("x.p1.example", "192.0.2.1", "2001:db8::1").Answer(Owner, DnsType.TLSA, Record(Owner, 1));
        dns.Authenticated = false;
        dns.Answer(Host, type, new AddressRecord(Host, 60, IPAddress.Loopback));

        Assert.Equal(new TlsaAnswer.Insecure(Host), await ResolveAsync());
        Assert.DoesNotContain(dns.Questions, question => question.Type == DnsType.TLSA);
    }

    [Fact]
    public async Task Resolve_TlsaNotSecure_IsInsecure()
    {
        dns.Addresses("x.p1.example", "192.0.2.1");
        dns.Authenticated = false;
        dns.Answer(Owner, DnsType.TLSA, Record(Owner, 1));

        Assert.Equal(new TlsaAnswer.Insecure(Owner), await ResolveAsync());
    }

    [Theory]
    [InlineData("x.p1.example", DnsType.A)]
    [InlineData("x.p1.example", DnsType.AAAA)]
    [InlineData("_5269._tcp.x.p1.example", DnsType.TLSA)]
    public async Task Resolve_BogusAnywhere_IsAFailureAndNotADenial(string name, DnsType type)
    {
        dns.Addresses("x.p1.example", "192.0.2.1").Answer(Owner, DnsType.TLSA, Record(Owner, 1)).Fails(name, type, DnsFailure.ServerFailure);

        Assert.Equal(new TlsaAnswer.Failed(DnsName.Parse(name), DnsFailure.ServerFailure), await ResolveAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Resolve_HostIsAnAlias_TheAliasEndGoesFirst(bool atEnd)
    {
        var end = DnsName.Parse("host.p2.example");
        var below = DnsName.Parse("_5269._tcp.host.p2.example");
        dns.Aliased(Host, end, new AddressRecord(end, 60, IPAddress.Loopback)).Answer(Owner, DnsType.TLSA, Record(Owner, 1));
        dns.Answer(below, DnsType.TLSA, atEnd ? [Record(below, 2)] : []);

        Assert.Equal(atEnd ? below : Owner, Assert.IsType<TlsaAnswer.Secure>(await ResolveAsync()).Owner);
    }

    [Theory]
    [InlineData(TlsaResolver.MaxRecords, TlsaResolver.MaxRecords)]
    [InlineData(TlsaResolver.MaxRecords + 1, TlsaResolver.MaxRecords)]
    [InlineData(5000, TlsaResolver.MaxRecords)]
    public async Task Resolve_ManyRecords_LooksAtTheFirst(int count, int taken)
    {
        dns.Addresses("x.p1.example", "192.0.2.1").Answer(Owner, DnsType.TLSA, [.. Enumerable.Range(0, count).Select(i => Record(Owner, (byte)i))]);

        Assert.Equal(taken, Assert.IsType<TlsaAnswer.Secure>(await ResolveAsync()).Records.Length);
    }

    [Fact]
    public async Task Resolve_OwnerLongerThanAName_IsAbsent()
    {
        var name = string.Join('.', Enumerable.Repeat(new string('a', 60), 4));
        dns.Addresses(name, "192.0.2.1");

        Assert.IsType<TlsaAnswer.Absent>(await new TlsaResolver(dns).ResolveAsync(DnsName.Parse(name), 5269, Stop));
    }

    // What the wire can carry at most comes over TCP, is taken whole, and more records than fit a datagram as well.
    [Theory]
    [InlineData(1, 60_000)]
    [InlineData(1000, 32)]
    public async Task Resolve_LargeAnswers_OverTheWire(int count, int octets)
    {
        var names = new ValidatingNames(new DnsZones(DnsZone.Create(
            "p1.example",
            [new AddressRecord(Host, 60, IPAddress.Loopback), .. Enumerable.Range(0, count).Select(i => new TlsaRecord(Owner, 60, 3, 1, 0, Data(i, octets)))])));
        await using var server = DnsServer.Start(names, TimeProvider.System);
        await using var resolver = new StubResolver(new StubResolverOptions { Servers = [server.EndPoint], TrustAuthenticatedData = true }, TimeProvider.System);

        var secure = Assert.IsType<TlsaAnswer.Secure>(await new TlsaResolver(resolver).ResolveAsync(Host, 5269, Stop));

        Assert.Equal(Math.Min(count, TlsaResolver.MaxRecords), secure.Records.Length);
        Assert.All(secure.Records, record => Assert.Equal(octets, record.Data.Length));
    }

    // RFC 6840 section 5.7: AD in the question asks for it in the answer; a bogus name is SERVFAIL.
    [Theory]
    [InlineData(true, "", "", typeof(TlsaAnswer.Secure))]
    [InlineData(false, "", "", typeof(TlsaAnswer.Insecure))]
    [InlineData(true, "p1.example", "", typeof(TlsaAnswer.Insecure))]
    [InlineData(true, "_tcp.x.p1.example", "", typeof(TlsaAnswer.Insecure))]
    [InlineData(true, "", "x.p1.example", typeof(TlsaAnswer.Failed))]
    [InlineData(true, "", "_tcp.x.p1.example", typeof(TlsaAnswer.Failed))]
    public async Task Resolve_AuthenticDataOverTheWire_CountsFromATrustedServer(bool trusted, string unsigned, string bogus, Type expected)
    {
        var names = new ValidatingNames(new DnsZones(DnsZone.Create("p1.example", new AddressRecord(Host, 60, IPAddress.Loopback), Record(Owner, 1))));
        if (unsigned.Length > 0)
        {
            names.Unsigned(unsigned);
        }

        if (bogus.Length > 0)
        {
            names.Bogus(bogus);
        }

        await using var server = DnsServer.Start(names, TimeProvider.System);
        await using var resolver = new StubResolver(new StubResolverOptions { Servers = [server.EndPoint], TrustAuthenticatedData = trusted }, TimeProvider.System);

        Assert.IsType(expected, await new TlsaResolver(resolver).ResolveAsync(Host, 5269, Stop));
    }

    private static byte[] Data(int number, int octets)
    {
        var data = new byte[octets];
        BitConverter.TryWriteBytes(data, number);
        return data;
    }

    private static TlsaRecord Record(DnsName owner, byte data) => new(owner, 300, 3, 1, 1, new[] { data });

    private ValueTask<TlsaAnswer> ResolveAsync() => new TlsaResolver(dns).ResolveAsync(Host, 5269, Stop);
}
