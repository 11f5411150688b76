using System.Collections.Immutable;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Peers;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Service;
using EdgePool.Edge.Advertising;
using EdgePool.Policy.Topologies;
using EdgePool.Server.Advertising;
using EdgePool.Server.Arrivals;
using EdgePool.Testing.Dns;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Server.Tests.Arrivals;

/// <summary>
/// Scripted partners at two sites, on virtual time, in whose DNS our SRV records stand: what each does when a pool goes, and what operators are told of it by a node of the pool that is left.
/// The records' lifetime is five minutes.
/// </summary>
public sealed class ArrivalWatchTests
{
    private const string Domain = "p1.example";

    /// <summary>Follows RFC 2782: it goes to the next pool by itself, stays while its stream stands, and is back when it opens the next one.</summary>
    [Fact]
    public void Partner_ThatFollowsRfc2782_NothingIsSaidOfIt() => VirtualThread.Run(async thread =>
    {
        await using var sites = new TwoSites(thread, keeps: TimeSpan.FromMinutes(5), ByPriority);
        await sites.PassAsync(TimeSpan.FromMinutes(3));
        Assert.Equal("a", sites.Partner.At);

        await sites.KillAsync("a");
        await sites.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("b", sites.Partner.At);
        await sites.PassAsync(TimeSpan.FromMinutes(30));
        Assert.Null(sites.Said);

        sites.Start("a");
        await sites.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(("b", null), (sites.Partner.At, sites.Said));
        sites.Partner.EndStream();
        await sites.PassAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(("a", null), (sites.Partner.At, sites.Said));
    });

    /// <summary>Records that never change may be kept for as long as one likes: a pool that fails takes no change of DNS.</summary>
    [Fact]
    public void Partner_ThatKeepsDnsForAnHour_FollowsWhenAPoolFails() => VirtualThread.Run(async thread =>
    {
        await using var sites = new TwoSites(thread, keeps: TimeSpan.FromHours(1), ByPriority);
        await sites.PassAsync(TimeSpan.FromMinutes(3));

        await sites.KillAsync("a");
        await sites.PassAsync(TimeSpan.FromSeconds(10));

        Assert.Equal("b", sites.Partner.At);
        await sites.PassAsync(TimeSpan.FromMinutes(30));
        Assert.Null(sites.Said);
    });

    /// <summary>Where the records change, it stays away until it asks anew: that is said as soon as their lifetime and five minutes are over, and no longer when it has come.</summary>
    [Fact]
    public void Partner_ThatKeepsDnsForAnHour_DoesNotFollowAChangeOfRecords() => VirtualThread.Run(async thread =>
    {
        await using var sites = new TwoSites(thread, keeps: TimeSpan.FromHours(1), ByPriority, only: "a");
        await sites.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal("a", sites.Partner.At);

        sites.Publish("b");
        await sites.KillAsync("a");
        await sites.PassAsync(TimeSpan.FromMinutes(9));
        Assert.Null(sites.Said);
        await sites.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(
            "will not follow our SRV records: it has come to no pool since a went 11 minutes ago, where b is ready — it keeps DNS for longer than it may, tries the first target alone, or has nothing to send",
            sites.Said);
        Assert.Equal([Domain], sites.AllSaid.Select(one => one.Domain));

        await sites.PassAsync(TimeSpan.FromMinutes(41));
        Assert.Equal(("b", null), (sites.Partner.At, sites.Said));
    });

    [Fact]
    public void Partner_ThatIgnoresPriority_IsNamedWhileItComesToTheLesserPool() => VirtualThread.Run(async thread =>
    {
        await using var sites = new TwoSites(thread, keeps: TimeSpan.FromMinutes(5), targets => [.. targets.OrderByDescending(target => target.Priority)], delay: TimeSpan.FromMinutes(2));
        await sites.PassAsync(TimeSpan.FromMinutes(3));

        Assert.Equal("b", sites.Partner.At);
        Assert.Equal("comes to b (priority 20) though a (priority 10) is ready — it ignores priority, or cannot reach a", sites.Said);

        await sites.KillAsync("a");
        sites.Partner.EndStream();
        await sites.PassAsync(TimeSpan.FromSeconds(40));
        Assert.Null(sites.Said); // now it is where it should be
    });

    [Fact]
    public void Partner_ThatTriesTheFirstTargetAlone_IsNamedUntilThatIsBack() => VirtualThread.Run(async thread =>
    {
        await using var sites = new TwoSites(thread, keeps: TimeSpan.FromMinutes(5), targets => [targets.MinBy(target => target.Priority)!]);
        await sites.PassAsync(TimeSpan.FromMinutes(3));

        await sites.KillAsync("a");
        await sites.PassAsync(TimeSpan.FromMinutes(11));
        Assert.Null(sites.Partner.At);
        Assert.StartsWith("will not follow our SRV records: it has come to no pool since a went 11 minutes ago, where b is ready", sites.Said, StringComparison.Ordinal);
        Assert.Equal(["a"], sites.Arrivals.Select(arrival => arrival.Pool));

        sites.Start("a");
        await sites.PassAsync(TimeSpan.FromSeconds(40));
        Assert.Equal(("a", null), (sites.Partner.At, sites.Said));
    });

    /// <summary>An hour after it was last seen nothing is said any more: who has nothing to send is not to be counted for ever.</summary>
    [Fact]
    public void Partner_ThatNeverComes_IsForgottenAfterAnHour() => VirtualThread.Run(async thread =>
    {
        await using var sites = new TwoSites(thread, keeps: TimeSpan.FromMinutes(5), _ => []);
        sites.Partner.Force("a");
        await sites.PassAsync(TimeSpan.FromMinutes(1));
        await sites.KillAsync("a");
        await sites.PassAsync(TimeSpan.FromMinutes(58));
        Assert.NotNull(sites.Said);

        await sites.PassAsync(TimeSpan.FromMinutes(3));

        Assert.Null(sites.Said);
    });

    [Fact]
    public void Table_OfMoreThanItHolds_ForgetsTheLongestUnseen()
    {
        var (table, now) = (new ArrivalTable(), DateTimeOffset.UnixEpoch);
        for (var i = 0; i < ArrivalTable.MostDomains + 10; i++)
        {
            table.Note($"d{i}.example", new Arrival("a", now, now.AddMilliseconds(i)));
        }

        for (var i = 0; i < ArrivalTable.MostPools + 3; i++)
        {
            table.Note("many.example", new Arrival($"p{i}", now, now.AddMinutes(i)));
        }

        table.Sweep(now.AddMinutes(20));

        Assert.Equal(ArrivalTable.MostDomains, table.All().Count);
        Assert.Empty(table.Of("d0.example"));
        Assert.Equal((ArrivalTable.MostPools, "p10"), (table.Of("many.example").Count, table.Of("many.example")[0].Pool));
        table.Sweep(now + ArrivalTable.Remembered + TimeSpan.FromMinutes(30));
        Assert.Empty(table.All());
    }

    [Fact]
    public void Codec_OfMoreThanAnAnswerTakes_TellsThoseThatCameLast()
    {
        var all = Enumerable.Range(0, 50_000).Select(i => ($"a-domain-of-some-length-{i}.example", TimeSpan.FromSeconds(50_000 - i))).ToList();

        var bytes = ArrivalCodec.ToBytes(all);
        var read = ArrivalCodec.Read(bytes.Span);

        Assert.InRange(bytes.Length, IPeerNetwork.Longest / 2, IPeerNetwork.Longest);
        Assert.Equal(Enumerable.Reverse(all).Take(read.Count), read);
        Assert.Empty(ArrivalCodec.Read("[1, {\"a\": -1, \"b\": \"c\"}"u8));
        Assert.Empty(ArrivalCodec.Read("nothing"u8));
    }

    private static readonly Func<IReadOnlyList<SrvTarget>, IReadOnlyList<SrvTarget>> ByPriority = static targets => SrvOrder.Arrange(targets, 8, new SeededRandomSource(1));

    /// <summary>A partner's server: how long it keeps DNS, and which targets it tries in which order, each ten seconds while it has no stream.</summary>
    private sealed class ScriptedPartner(TimeSpan keeps, Func<IReadOnlyList<SrvTarget>, IReadOnlyList<SrvTarget>> order, TimeProvider time)
    {
        private IReadOnlyList<SrvTarget> known = [];
        private DateTimeOffset asked = DateTimeOffset.MinValue;

        /// <summary>The pool where it has its stream; null: nowhere.</summary>
        public string? At { get; private set; }

        public DateTimeOffset Since { get; private set; }

        public void EndStream() => At = null;

        public void Force(string pool) => (At, Since) = (pool, time.GetUtcNow());

        public void Step(Func<IReadOnlyList<SrvTarget>> dns, Func<string, bool> takes)
        {
            if (At is { } pool && takes(pool))
            {
                return;
            }

            At = null;
            if (time.GetUtcNow() - asked >= keeps)
            {
                (known, asked) = (dns(), time.GetUtcNow());
            }

            if (order(known).Select(target => target.Host.ToString().Split('.')[0]).FirstOrDefault(takes) is { } next)
            {
                Force(next);
            }
        }
    }

    /// <summary>A node at each of two sites, and a partner.</summary>
    private sealed class TwoSites : IAsyncDisposable
    {
        private readonly VirtualThread thread;
        private readonly TimeProvider time;
        private readonly TimeSpan delay;
        private readonly DateTimeOffset began;
        private readonly Dictionary<string, (ArrivalWatch Watch, CancellationTokenSource Stop, Task Running)> sites = new(StringComparer.Ordinal);
        private readonly Dictionary<string, Network> networks = new(StringComparer.Ordinal);
        private Topology topology;

        public TwoSites(VirtualThread thread, TimeSpan keeps, Func<IReadOnlyList<SrvTarget>, IReadOnlyList<SrvTarget>> order, string? only = null, TimeSpan delay = default)
        {
            (this.thread, time, this.delay, topology) = (thread, thread.Time, delay, Compiled(only));
            began = time.GetUtcNow();
            Partner = new ScriptedPartner(keeps, order, time);
            Start("a");
            Start("b");
        }

        public ScriptedPartner Partner { get; }

        /// <summary>What the node of pool b says of the partner.</summary>
        public string? Said => sites["b"].Watch.Finding(topology, Domain);

        public IReadOnlyList<(string Domain, string Finding)> AllSaid => [.. sites["b"].Watch.Findings(topology)];

        public IReadOnlyList<Arrival> Arrivals => sites["b"].Watch.Of(Domain);

        public void Publish(string only) => topology = Compiled(only);

        public void Start(string pool)
        {
            var (network, stop) = (networks[pool] = new Network(this), new CancellationTokenSource());
            var watch = new ArrivalWatch(Record(pool), () => Partner.At == pool ? [(Domain, time.GetUtcNow() - Partner.Since)] : [], View, network, time);
            watch.Answer();
            sites[pool] = (watch, stop, watch.RunAsync(stop.Token));
        }

        public async Task KillAsync(string pool)
        {
            sites.Remove(pool, out var site);
            networks.Remove(pool);
            Stop(site.Stop);
            await site.Running;
            site.Stop.Dispose();
        }

        /// <summary>Lets time pass in steps of a look; the partner tries once in each.</summary>
        public async Task PassAsync(TimeSpan much)
        {
            for (var left = much; left > TimeSpan.Zero; left -= ArrivalWatch.Look)
            {
                if (time.GetUtcNow() - began >= delay)
                {
                    Partner.Step(() => [.. TopologyRecords.Of(topology).SelectMany(zone => zone.Records).OfType<SrvRecord>().Select(srv => new SrvTarget(srv.Target, srv.Port, DirectTls: false, srv.Priority, srv.Weight))], sites.ContainsKey);
                }

                await thread.PassAsync(ArrivalWatch.Look);
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var pool in sites.Keys.ToList())
            {
                await KillAsync(pool);
            }
        }

        /// <summary>On this thread: the clock does not run ahead of it.</summary>
        private static void Stop(CancellationTokenSource stop) => stop.Cancel();

        private static NodeRecord Record(string pool) => new(pool + "1", pool, pool, "1", "");

        private static Topology Compiled(string? only)
        {
            string[] pools = [.. new[] { ("a", 10), ("b", 20) }.Where(pool => only is null || pool.Item1 == only)
                .Select(pool => $"{{'name': '{pool.Item1}', 'site': 's', 'host': '{pool.Item1}.contoso.example', 'addresses': ['203.0.113.{pool.Item2}'], 'priority': {pool.Item2}}}")];
            return FormerTopologies.Compiled(1, $$"""
                {'sites': [{'name': 's', 'federationRoute': ['{{only ?? "a"}}']}], 'pools': [{{string.Join(", ", pools)}}], 'domains': [{'name': 'contoso.example', 'site': 's', 'backEnds': ['{{only ?? "a"}}']}]}
                """.Replace('\'', '"'))!;
        }

        private PoolView View()
            => new(1, sites.Keys.Append(networks.Keys.Last()).Distinct().Select(Record).ToImmutableSortedDictionary(static node => node.Name, static node => node, StringComparer.Ordinal));

        /// <summary>Links that carry at once, and end with the node.</summary>
        private sealed class Network(TwoSites world) : IPeerNetwork
        {
            private Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>>? answer;

            public ValueTask<ReadOnlyMemory<byte>> AskAsync(string node, QuestionKind kind, ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
                => world.networks.TryGetValue(node[..^1], out var there) && there.answer is { } answers ? answers("", question, cancellationToken) : throw new PeerException($"{node} is gone");

            public void Answer(QuestionKind kind, Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answers) => answer = answers;
        }
    }
}
