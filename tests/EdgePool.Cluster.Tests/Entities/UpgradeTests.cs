using System.Collections.Concurrent;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Peers;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Cluster.Tests.Entities;

/// <summary>Two nodes of one pool whose programs speak of limits in different versions, as during an upgrade.</summary>
public sealed class UpgradeTests : IAsyncDisposable
{
    private readonly EmbeddedCoordinator store = new(TimeProvider.System);
    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentQueue<string> said = new();
    private readonly ConsentPool pool;

    public UpgradeTests() => pool = new ConsentPool(store);

    public async ValueTask DisposeAsync()
    {
        await pool.DisposeAsync();
        ending.Dispose();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Versions_OfTwoPrograms_EachKeepsItsFairShareOfWhatTheOtherOwns_AndOneLineSaysSo()
    {
        pool.Join("new", new NoConsents());
        pool.Join("old", new NoConsents());
        await pool.SettleAsync();
        var (links, questions) = (pool.Links.From("old"), 0);
        links.Answer(QuestionKind.Entity, (_, _, _) =>
        {
            Interlocked.Increment(ref questions);
            return new ValueTask<ReadOnlyMemory<byte>>(new byte[] { ShareCodec.Version - 1, 0, 0 });
        });
        var shares = new PoolShares(store, pool.Links.From("new"), pool.Members["new"], pool.Keepers["new"], TimeProvider.System) { Troubled = said.Enqueue };
        var running = shares.RunAsync(ending.Token);

        // What the old program owns: half of it, and no more.
        var theirs = Enumerable.Range(0, int.MaxValue).Select(static i => $"p{i}.example").First(name => pool.Keepers["old"].TokenOf(Placement.ShardOf(name)) is not null);
        await ConsentPool.UntilAsync(() => shares.Book.TryTake(theirs, 10));
        Assert.Equal(4, Enumerable.Range(0, 10).Count(_ => shares.Book.TryTake(theirs, 10)));

        // The other way: it is told the version, whatever it asks.
        var answer = await links.AskAsync("new", QuestionKind.Entity, new byte[] { ShareCodec.Version - 1, 9, 9 }, default);
        Assert.Equal(ShareCodec.OtherVersionAnswer, answer.ToArray());

        await ConsentPool.UntilAsync(() => Volatile.Read(ref questions) > 4);
        Assert.Contains("node old speaks of limits and rates in version ", Assert.Single(said), StringComparison.Ordinal);
        await ending.CancelAsync();
        await running;
    }

    private sealed class NoConsents : IOwnedConsents
    {
        public ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, IReadOnlyList<Condition> ownership, CancellationToken cancellationToken) => default;

        public ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken) => default;

        public IAsyncEnumerable<Consent> ReadAllAsync(string? partner, CancellationToken cancellationToken) => AsyncEnumerable.Empty<Consent>();
    }
}
