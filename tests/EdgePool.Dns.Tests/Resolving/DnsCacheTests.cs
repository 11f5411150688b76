using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Testing.Dns;

namespace EdgePool.Dns.Tests.Resolving;

// RFC 1035 section 7.4, RFC 2181 section 8, RFC 2308 section 5, RFC 9520.
public sealed class DnsCacheTests : StubResolverFixture
{
    [Theory]
    [InlineData("DNS-18 TTL 0: floor", 0u, 5)]
    [InlineData("DNS-18 TTL 4: floor", 4u, 5)]
    [InlineData("TTL 300", 300u, 300)]
    [InlineData("DNS-18 TTL 24 h", 86400u, 86400)]
    [InlineData("DNS-18 TTL 24 h and a second: ceiling", 86401u, 86400)]
    [InlineData("DNS-18 TTL 2^31-1: ceiling", 2147483647u, 86400)]
    [InlineData("TTL 2^31 counts as 0", 2147483648u, 5)]
    public async Task Query_AnswerOfATtl_IsKeptForIt(string id, uint ttl, int seconds)
    {
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query, new AddressRecord(Name, ttl, Address)));

        await AssertKeptAsync(id, seconds);
    }

    [Theory]
    [InlineData("DNS-18 negative: 60 s at most", 3600u, 3600u, 60)]
    [InlineData("the SOA's TTL", 20u, 3600u, 20)]
    [InlineData("the SOA's minimum", 3600u, 30u, 30)]
    [InlineData("DNS-18 negative: floor", 0u, 0u, 5)]
    public async Task Query_NegativeAnswer_IsKeptForTheSoasTime(string id, uint ttl, uint minimum, int seconds)
    {
        Server.AnswersUdp(query => Negative(query, DnsResponseCode.NameError, ttl, minimum));

        await AssertKeptAsync(id, seconds);
    }

    [Fact]
    public async Task Query_NegativeAnswerWithoutSoa_IsKeptForTheFloor()
    {
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query) with { ResponseCode = DnsResponseCode.NameError });

        await AssertKeptAsync("no SOA", 5);
    }

    [Fact]
    public async Task Query_ChainOfAliases_IsKeptForItsShortestTtl()
    {
        var target = DnsName.Parse("target.example");
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query, new CnameRecord(Name, 20, target), new AddressRecord(target, 300, Address)));

        await AssertKeptAsync("chain", 20);
    }

    [Fact]
    public async Task Query_Failure_IsKeptForASecond()
    {
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query) with { ResponseCode = DnsResponseCode.ServerFailure });

        await AssertKeptAsync("failure", 1);
    }

    [Fact]
    public void Cache_MoreEntriesThanItsLimit_LetsTheOldestGo()
    {
        var cache = new DnsCache(new StubResolverOptions { MaxCacheEntries = 3 }, Time);
        for (var i = 0; i < 4; i++)
        {
            cache.Set(DnsName.Parse($"n{i}"), DnsType.A, Answer, octets: 10);
        }

        Assert.Equal(3, cache.Count);
        Assert.Equal(30, cache.Octets);
        Assert.False(cache.TryGet(DnsName.Parse("n0"), DnsType.A, out _));
        Assert.True(cache.TryGet(DnsName.Parse("n3"), DnsType.A, out _));
        Assert.False(cache.TryGet(DnsName.Parse("n3"), DnsType.AAAA, out _));
    }

    [Fact]
    public void Cache_MoreOctetsThanItsLimit_LetsTheOldestGo()
    {
        var cache = new DnsCache(new StubResolverOptions { MaxCacheOctets = 100 }, Time);
        cache.Set(DnsName.Parse("n0"), DnsType.A, Answer, octets: 60);
        cache.Set(DnsName.Parse("n1"), DnsType.A, Answer, octets: 40);
        Assert.Equal(2, cache.Count);

        cache.Set(DnsName.Parse("n2"), DnsType.A, Answer, octets: 1);
        Assert.False(cache.TryGet(DnsName.Parse("n0"), DnsType.A, out _));

        cache.Set(DnsName.Parse("n3"), DnsType.A, Answer, octets: 101);
        Assert.False(cache.TryGet(DnsName.Parse("n3"), DnsType.A, out _));
        Assert.Equal((2, 41), (cache.Count, cache.Octets));
    }

    [Fact]
    public void Cache_SameQuestionAgain_ReplacesItsEntry()
    {
        var cache = new DnsCache(new StubResolverOptions(), Time);
        for (var i = 0; i < 10; i++)
        {
            cache.Set(Name, DnsType.A, Answer, octets: 10);
        }

        Assert.Equal((1, 10), (cache.Count, cache.Octets));
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(cache.TryGet(Name, DnsType.A, out _));
        Assert.Equal((0, 0), (cache.Count, cache.Octets));
    }

    private static DnsAnswer Answer { get; } = new() { Outcome = DnsOutcome.NoData, CanonicalName = Name };

    private async Task AssertKeptAsync(string id, int seconds)
    {
        var resolver = Resolver(options => options with { Attempts = 1 });
        await resolver.QueryAsync(Name, DnsType.A, Stop);
        Time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        await resolver.QueryAsync(Name, DnsType.A, Stop);
        Assert.True(Server.UdpQueries.Count == 1, id + ": not kept for its time");

        Time.Advance(TimeSpan.FromMilliseconds(1));
        await resolver.QueryAsync(Name, DnsType.A, Stop);
        Assert.True(Server.UdpQueries.Count == 2, id + ": kept for longer than its time");
    }
}
