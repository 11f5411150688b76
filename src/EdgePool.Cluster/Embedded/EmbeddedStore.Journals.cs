using System.Runtime.CompilerServices;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.KnownPeers;
using EdgePool.Cluster.Presences;

namespace EdgePool.Cluster.Embedded;

// What a node remembers for itself: who is shown as available, and what is known of partners' keys.
public sealed partial class EmbeddedStore
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<Presence> ReadShownAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = new Presence(Outward: false, string.Empty, string.Empty, string.Empty);
        while (true)
        {
            var portion = await ReadingAsync(database => PresenceRows.After(database, last, Portion), cancellationToken);
            foreach (var presence in portion)
            {
                yield return presence;
            }

            if (portion.Count < Portion)
            {
                yield break;
            }

            last = portion[^1];
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Refusal?> AppendShownAsync(IReadOnlyList<PresenceChange> changes, CancellationToken cancellationToken)
    {
        if (PresenceBatch.Judge(changes, options.Limits) is { } refusal)
        {
            return refusal;
        }

        var job = new StoreJob<Refusal?>(database => PresenceRows.Append(database, changes, options.Limits))
        {
            Bytes = changes.Sum(change => Weight(change.Presence.Local, change.Presence.Remote)),
        };
        return await WritingAsync(job, refusal => refusal, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<KnownPeer> ReadKnownAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = string.Empty;
        while (true)
        {
            var portion = await ReadingAsync(database => KnownPeerRows.After(database, last, Portion), cancellationToken);
            foreach (var peer in portion)
            {
                yield return peer;
            }

            if (portion.Count < Portion)
            {
                yield break;
            }

            last = portion[^1].Domain;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Refusal?> AppendKnownAsync(IReadOnlyList<KnownPeerChange> changes, CancellationToken cancellationToken)
    {
        if (KnownPeerBatch.Judge(changes, options.Limits) is { } refusal)
        {
            return refusal;
        }

        var job = new StoreJob<Refusal?>(database => KnownPeerRows.Append(database, changes, options.Limits))
        {
            Bytes = changes.Sum(change => Weight(change.Domain, change.Body)),
        };
        return await WritingAsync(job, refusal => refusal, cancellationToken);
    }
}
