using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Testing.Dns;

namespace EdgePool.Dns.Tests.Resolving;

// RFC 1034 section 5.3.1, RFC 2308, RFC 6891.
public sealed class StubResolverTests : StubResolverFixture
{
    [Fact]
    public async Task Query_Answered_CarriesTheRecordsAndAsksWithEdns()
    {
        Server.AnswersUdp(True);

        AssertTrue(await Resolver().QueryAsync(Name, DnsType.A, Stop));

        var query = Assert.Single(Server.UdpQueries);
        Assert.Equal(1232, query.Edns!.UdpPayloadSize);
        Assert.Equal(DnsFlags.RecursionDesired, query.Flags);
    }

    [Theory]
    [InlineData(DnsResponseCode.NameError, DnsOutcome.NameError)]
    [InlineData(DnsResponseCode.NoError, DnsOutcome.NoData)]
    public async Task Query_NegativeAnswer_IsNoFailure(DnsResponseCode code, DnsOutcome outcome)
    {
        Server.AnswersUdp(query => Negative(query, code));

        var answer = await Resolver().QueryAsync(Name, DnsType.A, Stop);

        Assert.Equal((outcome, DnsFailure.None), (answer.Outcome, answer.Failure));
    }

    [Theory]
    [InlineData(DnsResponseCode.ServerFailure, DnsFailure.ServerFailure)]
    [InlineData(DnsResponseCode.Refused, DnsFailure.Refused)]
    [InlineData(DnsResponseCode.NotImplemented, DnsFailure.ServerFailure)]
    [InlineData(DnsResponseCode.BadVersion, DnsFailure.ServerFailure)]
    public async Task Query_ErrorCode_AsksTheNextServerAndThenFails(DnsResponseCode code, DnsFailure failure)
    {
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query) with { ResponseCode = code });
        Second.AnswersUdp(True);

        AssertFailed(failure, await Resolver().QueryAsync(Name, DnsType.A, Stop));
        AssertTrue(await Resolver(BothServers).QueryAsync(Name, DnsType.A, Stop));
    }

    [Fact]
    public async Task Query_ServerWithoutEdns_IsAskedPlainly()
    {
        Server.AnswersUdp(query => query.Edns is null
            ? True(query)
            : ScriptedDnsServer.Response(query) with { ResponseCode = DnsResponseCode.FormatError, Edns = null });

        AssertTrue(await Resolver().QueryAsync(Name, DnsType.A, Stop));

        Assert.Equal(2, Server.UdpQueries.Count);
    }

    [Fact]
    public async Task Query_ServerThatOnlyRefers_CountsAsRefusing()
    {
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query) with
        {
            Flags = DnsFlags.Response,
            Authorities = [new NsRecord(DnsName.Parse("example"), 60, DnsName.Parse("ns.example"))],
        });

        AssertFailed(DnsFailure.Refused, await Resolver().QueryAsync(Name, DnsType.A, Stop));
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)] // DNS-17: AD counts only from a resolver that is trusted for it
    public async Task Query_AuthenticData_CountsFromATrustedServerOnly(bool trusted, bool bit, bool authenticated)
    {
        Server.AnswersUdp(query => True(query) with
        {
            Flags = DnsFlags.Response | DnsFlags.RecursionAvailable | (bit ? DnsFlags.AuthenticData : DnsFlags.None),
        });

        var answer = await Resolver(options => options with { TrustAuthenticatedData = trusted }).QueryAsync(Name, DnsType.A, Stop);

        Assert.Equal(authenticated, answer.Authenticated);
    }

    [Fact]
    public async Task Query_DNS19_SilentServers_FailWithin10Seconds()
    {
        var first = Silent(Server);
        var second = Silent(Second);

        var asking = Resolver(BothServers).QueryAsync(Name, DnsType.A, Stop).AsTask();
        foreach (var queries in new[] { first, second, first, second })
        {
            await queries.ReadAsync(Stop);
            Assert.False(asking.IsCompleted);
            Time.Advance(TimeSpan.FromSeconds(2));
        }

        AssertFailed(DnsFailure.Timeout, await asking);
        Assert.Equal(TimeSpan.FromSeconds(8), Time.Elapsed);
    }

    [Fact]
    public async Task Query_DNS19_ManyLongTries_EndAtTheTotalTime()
    {
        var queries = Silent(Server);

        var asking = Resolver(options => options with { Attempts = 5, TryTimeout = TimeSpan.FromSeconds(4) }).QueryAsync(Name, DnsType.A, Stop).AsTask();
        foreach (var seconds in new[] { 4, 4, 2 })
        {
            await queries.ReadAsync(Stop);
            Time.Advance(TimeSpan.FromSeconds(seconds));
        }

        AssertFailed(DnsFailure.Timeout, await asking);
        Assert.Equal(TimeSpan.FromSeconds(10), Time.Elapsed);
    }

    [Fact]
    public async Task Query_DNS19_NobodyListens_FailsAtOnceOrUsesTheNextServer()
    {
        var nobody = FreeEndPoint();
        Second.AnswersUdp(True);

        AssertFailed(DnsFailure.Unreachable, await Resolver(options => options with { Servers = [nobody] }).QueryAsync(Name, DnsType.A, Stop));
        AssertTrue(await Resolver(options => options with { Servers = [nobody, Second.EndPoint] }).QueryAsync(Name, DnsType.A, Stop));
        AssertFailed(DnsFailure.NoServer, await Resolver(options => options with { Servers = [] }).QueryAsync(Name, DnsType.A, Stop));
    }

    [Fact]
    public async Task Query_ServerThatDidNotAnswer_IsAskedLastForItsPenalty()
    {
        var silent = Silent(Server);
        Second.AnswersUdp(True);
        var resolver = Resolver(BothServers);
        var asking = resolver.QueryAsync(Name, DnsType.A, Stop).AsTask();
        await silent.ReadAsync(Stop);
        Time.Advance(TimeSpan.FromSeconds(2));
        AssertTrue(await asking);

        AssertTrue(await resolver.QueryAsync(DnsName.Parse("p2.example"), DnsType.A, Stop));
        Assert.Single(Server.UdpQueries);

        Time.Advance(TimeSpan.FromSeconds(30));
        Server.AnswersUdp(True);
        AssertTrue(await resolver.QueryAsync(DnsName.Parse("p3.example"), DnsType.A, Stop));
        Assert.Equal(2, Server.UdpQueries.Count);
    }

    [Fact]
    public async Task Query_DNS19_MoreThanMayBePending_WaitAndThenFailAtOnce()
    {
        var queries = Silent(Server);
        var resolver = Resolver(options => options with { MaxPending = 2, MaxWaiting = 1, Attempts = 1 });
        var asking = Enumerable.Range(0, 3).Select(i => resolver.QueryAsync(DnsName.Parse($"n{i}.example"), DnsType.A, Stop).AsTask()).ToList();
        await queries.ReadAsync(Stop);
        await queries.ReadAsync(Stop);

        AssertFailed(DnsFailure.QueueFull, await resolver.QueryAsync(DnsName.Parse("n3.example"), DnsType.A, Stop));
        Assert.Equal(3, resolver.PendingCount);
        Assert.Equal(2, Server.UdpQueries.Count);

        Time.Advance(TimeSpan.FromSeconds(2));
        await queries.ReadAsync(Stop);
        Time.Advance(TimeSpan.FromSeconds(2));
        foreach (var answer in await Task.WhenAll(asking))
        {
            AssertFailed(DnsFailure.Timeout, answer);
        }

        Assert.Equal(0, resolver.PendingCount);
    }

    [Fact]
    public async Task Query_SameQuestionInFlight_IsSharedAndOutlivesTheCallerThatGivesUp()
    {
        var queries = Silent(Server);
        var resolver = Resolver();
        using var impatience = new CancellationTokenSource();

        var impatient = resolver.QueryAsync(Name, DnsType.A, impatience.Token).AsTask();
        var others = Enumerable.Range(0, 100).Select(_ => resolver.QueryAsync(DnsName.Parse("P1.EXAMPLE"), DnsType.A, Stop).AsTask()).ToList();
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        await queries.ReadAsync(Stop);
        Assert.Equal(1, resolver.PendingCount);
        Assert.Single(Server.UdpQueries);

        Server.AnswersUdp(True);
        Time.Advance(TimeSpan.FromSeconds(2));

        Assert.All(await Task.WhenAll(others), AssertTrue);
        Assert.Equal(2, Server.UdpQueries.Count);
    }

    [Fact]
    public async Task Dispose_QuestionsOnTheirWay_EndAsStopped()
    {
        var queries = Silent(Server);
        var resolver = Resolver();
        var asking = resolver.QueryAsync(Name, DnsType.A, Stop);
        await queries.ReadAsync(Stop);

        await resolver.DisposeAsync();

        AssertFailed(DnsFailure.Stopped, await asking);
        AssertFailed(DnsFailure.Stopped, await resolver.QueryAsync(Name, DnsType.A, Stop));
        Assert.Equal(0, Time.ActiveTimers);
    }

    [Fact]
    public async Task Query_NamesOfSpecialUse_AreAskedLikeOthers()
    {
        Server.AnswersUdp(True);

        foreach (var name in new[] { "localhost", "a.localhost", "a.test", "a.invalid", "example" })
        {
            AssertTrue(await Resolver().QueryAsync(DnsName.Parse(name), DnsType.A, Stop));
        }
    }

    private StubResolverOptions BothServers(StubResolverOptions options) => options with { Servers = [Server.EndPoint, Second.EndPoint] };

    private static IPEndPoint FreeEndPoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
