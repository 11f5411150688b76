using System.Runtime.CompilerServices;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.KnownPeers;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>A journal of keys in memory, which outlives nodes.</summary>
internal sealed class FakeKnownPeers : IKnownPeerJournal
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, string> known = new(StringComparer.Ordinal);

    /// <summary>What is known.</summary>
    public IReadOnlyList<KnownPeer> Known
    {
        get
        {
            lock (gate)
                return [.. known.Select(peer => new KnownPeer(peer.Key, peer.Value))];
        }
    }

    /// <summary>What the next batches are told; null: they are taken.</summary>
    public Refusal? Refuses { get; set; }

    public void Take(KnownPeerChange change)
    {
        lock (gate)
        {
            if (change.Body is { } body)
                known[change.Domain] = body;
            else
                known.Remove(change.Domain);
        }
    }

    public async IAsyncEnumerable<KnownPeer> ReadKnownAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var peer in Known)
            yield return peer;
    }

    public ValueTask<Refusal?> AppendKnownAsync(IReadOnlyList<KnownPeerChange> changes, CancellationToken cancellationToken)
    {
        if (Refuses is null)
        {
            foreach (var change in changes)
                Take(change);
        }

        return new ValueTask<Refusal?>(Refuses);
    }
}
