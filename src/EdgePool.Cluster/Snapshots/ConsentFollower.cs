using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Snapshots;

/// <summary>
/// Keeps a node's consents as the cluster has them: takes in what other nodes change, and brings what waits on this node's disk to the cluster as soon as that takes it.
/// </summary>
/// <param name="journal">The cluster's.</param>
/// <param name="consents">This node's.</param>
/// <param name="mayMerge">False: the cluster is known not to answer.</param>
/// <param name="retry">The wait after a failure.</param>
/// <param name="time">The clock.</param>
internal sealed class ConsentFollower(IFollowedConsents journal, MergedConsents consents, Func<bool> mayMerge, TimeSpan retry, TimeProvider time)
{
    /// <summary>Until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(AgainAsync(FollowAsync, cancellationToken), AgainAsync(MergeAsync, cancellationToken));

    private async Task AgainAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await work(cancellationToken);
                }
                catch (Exception fault) when (fault is StoreException || !cancellationToken.IsCancellationRequested)
                {
                    // told where documents are followed
                }

                await Task.Delay(retry, time, cancellationToken);
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // the node ends
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        await foreach (var news in journal.FollowConsentsAsync(cancellationToken))
        {
            await (news is null ? consents.RefreshAsync(cancellationToken) : consents.HearAsync(news, cancellationToken));
        }
    }

    /// <summary>What waited may have been older than what others did: then that is what holds here, too.</summary>
    private async Task MergeAsync(CancellationToken cancellationToken)
    {
        if (mayMerge())
        {
            await consents.MergeAsync(cancellationToken);
            await (consents.IsStale ? consents.RefreshAsync(cancellationToken) : Task.CompletedTask);
        }
    }
}
