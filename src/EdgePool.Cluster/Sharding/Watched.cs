using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Sharding;

/// <summary>The newest that is known of the keys under a prefix: followed as long as the store can be asked, kept while it cannot.</summary>
/// <param name="store">Where they are.</param>
/// <param name="prefix">What they begin with.</param>
/// <param name="first">What is newest before anything is known.</param>
/// <param name="read">What they say.</param>
/// <param name="changed">Called after each change, on the watch's path.</param>
/// <param name="retry">The wait before a watch that ended begins anew.</param>
/// <param name="time">The clock.</param>
internal sealed class Watched<T>(ICoordinator store, string prefix, T first, Func<KeySet, T> read, Action changed, TimeSpan retry, TimeProvider time)
    where T : class
{
    private volatile T newest = first;
    private volatile bool connected;

    /// <summary>The newest.</summary>
    public T Newest => newest;

    /// <summary>False while the store cannot be asked: what is newest may be old.</summary>
    public bool Connected => connected;

    /// <summary>Follows until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await foreach (var set in store.WatchAsync(prefix, cancellationToken))
                    {
                        newest = read(set);
                        connected = true;
                        changed();
                    }
                }
                catch (Exception fault) when (fault is StoreException || !cancellationToken.IsCancellationRequested)
                {
                    // told by whoever writes; the watch begins anew
                }

                connected = false;
                await Task.Delay(retry, time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            connected = false;
        }
    }
}
