using System.Runtime.CompilerServices;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;

namespace EdgePool.Server.Tests.Pool;

/// <summary>The embedded coordinator for tests on a virtual thread: changes are looked for on the test's clock, so that nothing waits for another thread; and it can be away.</summary>
internal sealed class LocalCoordinator(TimeProvider time) : ICoordinator
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly EmbeddedCoordinator store = new(time);

    public bool Away { get; set; }

    /// <summary>What is thrown then.</summary>
    public Func<Exception> Fault { get; set; } = static () => new StoreException(StoreFault.Unavailable, "the store is away");

    public ValueTask<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken) => There().GrantAsync(timeToLive, cancellationToken);

    public ValueTask<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken) => There().KeepAliveAsync(lease, cancellationToken);

    public ValueTask<TimeSpan?> SilenceAsync(long lease, CancellationToken cancellationToken) => There().SilenceAsync(lease, cancellationToken);

    public ValueTask RevokeAsync(long lease, CancellationToken cancellationToken) => There().RevokeAsync(lease, cancellationToken);

    public ValueTask<long?> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<KeyChange> changes, CancellationToken cancellationToken)
        => There().CommitAsync(conditions, changes, cancellationToken);

    public ValueTask<KeySet> ReadAsync(string prefix, CancellationToken cancellationToken) => There().ReadAsync(prefix, cancellationToken);

    public async IAsyncEnumerable<KeySet> WatchAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        KeySet? last = null;
        while (true)
        {
            var now = await ReadAsync(prefix, cancellationToken);
            if (last is null || (now.Revision > last.Revision && !now.Keys.SequenceEqual(last.Keys)))
            {
                yield return now;
            }

            last = now;
            await Task.Delay(Look, time, cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private EmbeddedCoordinator There() => Away ? throw Fault() : store;
}
