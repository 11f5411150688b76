using System.Runtime.CompilerServices;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Presences;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>A journal of presence in memory, which outlives nodes.</summary>
internal sealed class FakePresences : IPresenceJournal
{
    private readonly Lock gate = new();
    private readonly Dictionary<(bool Outward, string Local, string Remote), Presence> shown = [];

    /// <summary>Who is shown.</summary>
    public IReadOnlyList<Presence> Shown
    {
        get
        {
            lock (gate)
                return [.. shown.Values];
        }
    }

    /// <summary>What the next batches are told; null: they are taken.</summary>
    public Refusal? Refuses { get; set; }

    public void Add(bool outward, string local, string remote, string partner = "p1.example") => Take(new PresenceChange(new Presence(outward, local, remote, partner), Shown: true));

    public async IAsyncEnumerable<Presence> ReadShownAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var presence in Shown)
            yield return presence;
    }

    public ValueTask<Refusal?> AppendShownAsync(IReadOnlyList<PresenceChange> changes, CancellationToken cancellationToken)
    {
        if (Refuses is null)
        {
            foreach (var change in changes)
                Take(change);
        }

        return new ValueTask<Refusal?>(Refuses);
    }

    private void Take(PresenceChange change)
    {
        var presence = change.Presence;
        lock (gate)
        {
            if (change.Shown)
                shown[(presence.Outward, presence.Local, presence.Remote)] = presence;
            else
                shown.Remove((presence.Outward, presence.Local, presence.Remote));
        }
    }
}
