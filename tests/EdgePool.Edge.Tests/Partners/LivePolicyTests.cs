using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Routing;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

public sealed class LivePolicyTests
{
    private static readonly DomainName Edge = DomainName.Parse("edge.example");
    private static readonly DomainName P1 = DomainName.Parse("p1.example");

    [Fact]
    public async Task Publish_PartnerComesAndGoes_EveryDecisionFollows()
    {
        using var live = new LivePolicy(PolicySnapshot.Closed);
        var table = new RouteTable(RoutingOptions.Create(), live, new VirtualTimeProvider(), new Ledger());
        var rules = new PartnerRules(table, live);
        var pair = new DomainPair(Edge, P1);
        Assert.Null(rules.TermsFor(pair));
        Assert.Null(table.Find(Edge.Utf8, P1.Utf8));

        await live.PublishAsync(RoutingOptions.Create().Policy);
        Assert.NotNull(rules.TermsFor(pair));
        Assert.NotNull(table.Find(Edge.Utf8, P1.Utf8));

        await live.PublishAsync(PolicySnapshot.Closed);
        Assert.Same(PolicySnapshot.Closed, live.Current);
        Assert.Null(rules.TermsFor(pair));
        Assert.Null(table.Find(Edge.Utf8, P1.Utf8));
    }

    [Fact]
    public async Task Publish_ReaderInABatch_WaitsForItsEndAndNoLonger()
    {
        using var live = new LivePolicy(PolicySnapshot.Closed);
        using var reader = new PolicyReader(live);
        using var idle = new PolicyReader(live);
        idle.Begin();
        idle.End();
        var replaced = 0;
        live.Replaced = _ => replaced++;
        Assert.Same(PolicySnapshot.Closed, reader.Begin());
        var next = RoutingOptions.Create().Policy;

        var publishing = live.PublishAsync(next);

        Assert.False(publishing.IsCompleted);
        Assert.Equal((next, 0), (live.Current, replaced)); // who begins now judges by the new one
        idle.Begin();
        Assert.False(publishing.IsCompleted);
        reader.End();
        await publishing;
        Assert.Equal(1, replaced);
        Assert.Same(next, reader.Begin());
    }

    [Fact]
    public async Task Publish_ReaderBreaksOffItsBatch_IsNotWaitedForForEver()
    {
        using var live = new LivePolicy(PolicySnapshot.Closed);
        var reader = new PolicyReader(live);
        reader.Begin();
        var publishing = live.PublishAsync(PolicySnapshot.Closed);

        reader.Dispose();

        await publishing;
    }

    [Fact]
    public async Task Publish_Twice_InOrderAndOneAtATime()
    {
        using var live = new LivePolicy(PolicySnapshot.Closed);
        var (first, second) = (RoutingOptions.Create().Policy, RoutingOptions.Create(open: true).Policy);
        var seen = new List<PolicyChange>();
        live.Replaced = seen.Add;
        using var reader = new PolicyReader(live);
        reader.Begin();

        var one = live.PublishAsync(first);
        var two = live.PublishAsync(second);
        Assert.Same(first, live.Current);
        reader.End();
        await Task.WhenAll(one, two);

        Assert.Equal([new PolicyChange(PolicySnapshot.Closed, first), new PolicyChange(first, second)], seen);
    }

    // The promise itself, under load: when a publication has completed, nobody acts on a snapshot before it.
    [Fact]
    public async Task Publish_ReadersRun_NoneUsesAnOlderSnapshotAfterwards()
    {
        using var live = new LivePolicy(PolicySnapshot.Closed);
        PolicySnapshot[] versions = [.. Enumerable.Range(0, 2_000).Select(_ => RoutingOptions.NoPartners())];
        var numbers = versions.Select((v, i) => (v, i)).ToDictionary(p => p.v, p => p.i, ReferenceEqualityComparer.Instance as IEqualityComparer<PolicySnapshot>);
        numbers[PolicySnapshot.Closed] = -1;
        var (inForce, tooOld, done) = (-1, 0, false);
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            using var reader = new PolicyReader(live);
            while (!Volatile.Read(ref done))
            {
                var snapshot = reader.Begin();
                if (numbers[snapshot] < Volatile.Read(ref inForce)) // the act: it is still in its batch
                    Interlocked.Increment(ref tooOld);
                reader.End();
            }
        })).ToArray();

        for (var i = 0; i < versions.Length; i++)
        {
            await live.PublishAsync(versions[i]);
            Volatile.Write(ref inForce, i);
        }

        Volatile.Write(ref done, true);
        await Task.WhenAll(readers);
        Assert.Equal(0, tooOld);
    }
}
