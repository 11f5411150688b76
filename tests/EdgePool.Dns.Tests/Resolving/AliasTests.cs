using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Testing.Dns;

namespace EdgePool.Dns.Tests.Resolving;

// RFC 1034 section 3.6.2, RFC 2308 section 2.
public sealed class AliasTests : StubResolverFixture
{
    [Theory]
    [InlineData("DNS-14", 1, DnsFailure.None)]
    [InlineData("DNS-14", 8, DnsFailure.None)]
    [InlineData("DNS-14", 9, DnsFailure.AliasChainTooLong)]
    [InlineData("DNS-14", 20, DnsFailure.AliasChainTooLong)]
    public async Task Query_ChainInOneMessage_IsFollowedUpToItsLimit(string id, int aliases, DnsFailure failure)
    {
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query, [.. Chain(aliases), new AddressRecord(Link(aliases), 60, Address)]));

        var answer = await Resolver().QueryAsync(Link(0), DnsType.A, Stop);

        Assert.True(failure == answer.Failure, id);
        Assert.Single(Server.UdpQueries);
        Assert.Equal(failure == DnsFailure.None ? Link(aliases) : Link(9), answer.CanonicalName);
    }

    [Theory]
    [InlineData("DNS-14", 8, DnsFailure.None, 9)]
    [InlineData("DNS-14", 20, DnsFailure.AliasChainTooLong, 9)]
    public async Task Query_ChainOverSeveralMessages_IsFollowedUpToItsLimit(string id, int aliases, DnsFailure failure, int queries)
    {
        Server.AnswersUdp(query => query.Questions[0].Name.Equals(Link(aliases))
            ? True(query)
            : ScriptedDnsServer.Response(query, Chain(aliases).Where(alias => alias.Name.Equals(query.Questions[0].Name))));

        var answer = await Resolver().QueryAsync(Link(0), DnsType.A, Stop);

        Assert.True(failure == answer.Failure, id);
        Assert.Equal(queries, Server.UdpQueries.Count);
    }

    [Theory]
    [InlineData("DNS-14 to itself", 1)]
    [InlineData("DNS-14 of two", 2)]
    [InlineData("DNS-14 of five", 5)]
    public async Task Query_Loop_Fails(string id, int length)
    {
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query, Enumerable.Range(0, length).Select(i => new CnameRecord(Link(i), 60, Link((i + 1) % length)))));

        var answer = await Resolver().QueryAsync(Link(0), DnsType.A, Stop);

        Assert.True(answer.Failure == DnsFailure.AliasLoop, id);
    }

    [Theory]
    [InlineData(DnsResponseCode.NameError, DnsOutcome.NameError)]
    [InlineData(DnsResponseCode.NoError, DnsOutcome.NoData)]
    public async Task Query_ChainWithoutDataAtItsEnd_IsNegative(DnsResponseCode code, DnsOutcome outcome)
    {
        Server.AnswersUdp(query => Negative(query, code) with { Answers = [.. Chain(2)] });

        var answer = await Resolver().QueryAsync(Link(0), DnsType.A, Stop);

        Assert.Equal(outcome, answer.Outcome);
        Assert.Equal(Link(2), answer.CanonicalName);
        Assert.Single(Server.UdpQueries);
    }

    [Fact]
    public async Task Query_ForTheAliasItself_IsNotFollowed()
    {
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query, Chain(1)));

        var answer = await Resolver().QueryAsync(Link(0), DnsType.CNAME, Stop);

        Assert.Equal(Link(1), Assert.IsType<CnameRecord>(Assert.Single(answer.Records)).Target);
    }

    private static DnsName Link(int number) => DnsName.Parse($"c{number}.example");

    private static IEnumerable<CnameRecord> Chain(int aliases)
        => Enumerable.Range(0, aliases).Select(i => new CnameRecord(Link(i), 60, Link(i + 1)));
}
