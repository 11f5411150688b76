using EdgePool.Cluster.Documents;
using EdgePool.Cluster.KnownPeers;

namespace EdgePool.Cluster.Embedded;

/// <summary>Readings and writes of what is known of partners' keys. Each runs inside a transaction.</summary>
internal static class KnownPeerRows
{
    /// <summary>The next ones behind a domain; fewer than <paramref name="atMost"/>: these are the last.</summary>
    public static IReadOnlyList<KnownPeer> After(Database database, string domain, int atMost)
    {
        var peers = new List<KnownPeer>();
        using var rows = database.Query("SELECT domain, body FROM known_peer WHERE domain > ?1 ORDER BY domain LIMIT ?2", domain, atMost);
        while (rows.Read())
        {
            peers.Add(new KnownPeer(rows.GetString(0), rows.GetString(1)));
        }

        return peers;
    }

    /// <summary>All changes of a batch that <see cref="KnownPeerBatch"/> has let pass, or none.</summary>
    public static Refusal? Append(Database database, IReadOnlyList<KnownPeerChange> changes, StoreLimits limits)
    {
        // What counts of each is its last change; the room is known before the first row changes, so that a refusal needs no rollback.
        var last = new Dictionary<string, string?>(changes.Count, StringComparer.Ordinal);
        foreach (var (domain, body) in changes)
        {
            last[domain] = body;
        }

        var state = StoreState.Read(database);
        var count = state.KnownPeers + last.Sum(change => (change.Value is null ? 0 : 1) - (Stands(database, change.Key) ? 1 : 0));
        if (count > limits.MaxKnownPeers && count > state.KnownPeers)
        {
            return new Refusal(RefusalReason.Full, $"the journal holds the keys of at most {limits.MaxKnownPeers} domains");
        }

        foreach (var (domain, body) in last)
        {
            Put(database, domain, body);
        }

        (state with { KnownPeers = count }).Write(database);
        return null;
    }

    private static bool Stands(Database database, string domain) => database.Scalar("SELECT count(*) FROM known_peer WHERE domain = ?1", domain) > 0;

    private static void Put(Database database, string domain, string? body)
    {
        if (body is null)
        {
            database.Execute("DELETE FROM known_peer WHERE domain = ?1", domain);
        }
        else
        {
            database.Execute("INSERT OR REPLACE INTO known_peer (domain, body) VALUES (?1, ?2)", domain, body);
        }
    }
}
