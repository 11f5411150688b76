using EdgePool.Cluster.Documents;
using EdgePool.Cluster.KnownPeers;
using EdgePool.Edge.Telemetry;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Partners;

/// <summary>Between <see cref="PeerKeys"/> and the journal that outlives the node: what was known before is restored at the start, what changes is written down at once.</summary>
/// <remarks>Not guaranteed: what came about in the moment before the node lost power. A key that is seen once more is written once an hour.</remarks>
internal sealed class PeerKeyMemory(IKnownPeerJournal journal, PeerKeys keys, TimeProvider time, Random random, ILogger log)
{
    private readonly JournalWriter<KnownPeerChange> writer = new(
        keys, journal.AppendKnownAsync, new JournalMessages(PeerKeyLog.KeysNotWritten, PeerKeyLog.KeysWritten, PeerKeyLog.KeysLost), time, random, log);

    /// <summary>How the journal does.</summary>
    public JournalState State => writer.State;

    /// <summary>Takes over what the journal holds, and writes from now on.</summary>
    /// <exception cref="StoreException">The journal cannot be read.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var known = new List<(PeerKeyState State, bool Stranger)>();
        await foreach (var peer in journal.ReadKnownAsync(cancellation))
            known.Add(PeerKeyText.Read(peer));
        keys.Changed = writer.Wake;
        keys.Restore(known.OrderBy(peer => peer.State.LastSeen));
        PeerKeyLog.KeysRestored(log, keys.Count);
        writer.Start();
    }

    /// <summary>Writes the rest, for at most <paramref name="patience"/>.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        await writer.StopAsync(patience);
        keys.Changed = null;
        await writer.DisposeAsync();
    }
}
