using System.Runtime.CompilerServices;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Tests.Simulation;

/// <summary>
/// A node's way to the store: requests and answers take time and get lost, each on its own, and nothing passes while the node is cut off or the store is down. What is not
/// answered in time fails, whether or not it was done.
/// </summary>
internal sealed class SimulatedLink(Simulator simulator, SimulatedProcess process, ICoordinator store, Func<bool> open, Func<double> loss, Func<double> slow) : ICoordinator
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public ValueTask<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken) => AskAsync(() => store.GrantAsync(timeToLive, default), cancellationToken);

    public ValueTask<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken) => AskAsync(() => store.KeepAliveAsync(lease, default), cancellationToken);

    public ValueTask<TimeSpan?> SilenceAsync(long lease, CancellationToken cancellationToken) => AskAsync(() => store.SilenceAsync(lease, default), cancellationToken);

    public async ValueTask RevokeAsync(long lease, CancellationToken cancellationToken) => await AskAsync(
        () =>
        {
            var revoked = store.RevokeAsync(lease, default);
            Assert.True(revoked.IsCompletedSuccessfully);
            return new ValueTask<bool>(true);
        },
        cancellationToken);

    public ValueTask<long?> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<KeyChange> changes, CancellationToken cancellationToken)
        => AskAsync(() => store.CommitAsync(conditions, changes, default), cancellationToken);

    public ValueTask<KeySet> ReadAsync(string prefix, CancellationToken cancellationToken) => AskAsync(() => store.ReadAsync(prefix, default), cancellationToken);

    public async IAsyncEnumerable<KeySet> WatchAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var newest = await ReadAsync(prefix, cancellationToken);
        yield return newest;
        var seen = newest.Revision;
        while (true)
        {
            await Task.Delay(simulator.Between(30, 400), process.Time, cancellationToken);
            if (!open())
            {
                await Task.Delay(Patience, process.Time, cancellationToken);
                throw new StoreException(StoreFault.Unavailable, "the watch is lost");
            }

            if ((await store.ReadAsync("~", cancellationToken)).Revision == seen)
            {
                continue;
            }

            var next = await store.ReadAsync(prefix, cancellationToken);
            await Task.Delay(simulator.Between(1, 30), process.Time, cancellationToken);
            seen = next.Revision;
            yield return next;
        }
    }

    public ValueTask DisposeAsync() => default;

    /// <summary>Something passes at this moment.</summary>
    public bool IsOpen => open();

    /// <summary>Asks the store.</summary>
    public ValueTask<T> AskAsync<T>(Func<ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var answer = new TaskCompletionSource<T>();
        simulator.After(Patience, () => process.Run(() => answer.TrySetException(new StoreException(StoreFault.Unavailable, "no answer in time"))));
        simulator.After(simulator.Between(0.1, simulator.Chance(slow()) ? 1500 : 20), () =>
        {
            if (!open() || simulator.Chance(loss()))
            {
                return;
            }

            var done = ask();
            Assert.True(done.IsCompletedSuccessfully);
            simulator.After(simulator.Between(0.1, simulator.Chance(slow()) ? 1500 : 20), () =>
            {
                if (open() && !simulator.Chance(loss()))
                {
                    process.Run(() => answer.TrySetResult(done.Result));
                }
            });
        });
        return new ValueTask<T>(answer.Task);
    }
}
