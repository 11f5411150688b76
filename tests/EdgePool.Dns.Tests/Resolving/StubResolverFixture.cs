using System.Net;
using System.Threading.Channels;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Testing.Dns;
using EdgePool.Testing.Time;

namespace EdgePool.Dns.Tests.Resolving;

/// <summary>A resolver on a clock that stands still, with scripted servers. Time passes only when a test says so, so no test waits by luck.</summary>
public abstract class StubResolverFixture : IAsyncDisposable
{
    protected static readonly DnsName Name = DnsName.Parse("p1.example");
    protected static readonly IPAddress Address = IPAddress.Parse("192.0.2.1");
    private readonly List<StubResolver> resolvers = [];

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected VirtualTimeProvider Time { get; } = new();

    protected ScriptedDnsServer Server { get; } = new();

    protected ScriptedDnsServer Second { get; } = new();

    public async ValueTask DisposeAsync()
    {
        foreach (var resolver in resolvers)
        {
            await resolver.DisposeAsync();
        }

        await Server.DisposeAsync();
        await Second.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected StubResolver Resolver(Func<StubResolverOptions, StubResolverOptions>? change = null)
    {
        var options = new StubResolverOptions { Servers = [Server.EndPoint] };
        var resolver = new StubResolver(change?.Invoke(options) ?? options, Time, new SeededRandomSource(7));
        resolvers.Add(resolver);
        return resolver;
    }

    /// <summary>The script is silent; each query that came in can be awaited.</summary>
    protected static ChannelReader<DnsMessage> Silent(ScriptedDnsServer server)
    {
        var queries = Channel.CreateUnbounded<DnsMessage>();
        server.OnUdp = query =>
        {
            queries.Writer.TryWrite(query);
            return [];
        };
        return queries.Reader;
    }

    protected static DnsMessage True(DnsMessage query) => ScriptedDnsServer.Response(query, new AddressRecord(query.Questions[0].Name, 300, Address));

    protected static DnsMessage Negative(DnsMessage query, DnsResponseCode code, uint ttl = 300, uint minimum = 300)
    {
        var apex = DnsName.Parse("example");
        return ScriptedDnsServer.Response(query) with
        {
            ResponseCode = code,
            Authorities = [new SoaRecord(apex, ttl, apex, apex, 1, 1, 1, 1, minimum)],
        };
    }

    protected static void AssertTrue(DnsAnswer answer)
    {
        Assert.Equal((DnsOutcome.Records, DnsFailure.None), (answer.Outcome, answer.Failure));
        Assert.Equal(Address, Assert.IsType<AddressRecord>(Assert.Single(answer.Records)).Address);
    }

    protected static void AssertFailed(DnsFailure failure, DnsAnswer answer)
    {
        Assert.Equal((DnsOutcome.Failed, failure), (answer.Outcome, answer.Failure));
        Assert.Empty(answer.Records);
    }
}
