using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Presences;

namespace EdgePool.Cluster.Embedded;

/// <summary>Readings and writes of who is shown as available. Each runs inside a transaction.</summary>
internal static class PresenceRows
{
    /// <summary>The next ones behind a row; fewer than <paramref name="atMost"/>: these are the last.</summary>
    public static IReadOnlyList<Presence> After(Database database, Presence last, int atMost)
    {
        var presences = new List<Presence>();
        using var rows = database.Query(
            "SELECT outward, local, remote, partner FROM presence WHERE (outward, local, remote) > (?1, ?2, ?3) ORDER BY outward, local, remote LIMIT ?4",
            last.Outward,
            last.Local,
            last.Remote,
            atMost);
        while (rows.Read())
        {
            presences.Add(new Presence(rows.GetBoolean(0), rows.GetString(1), rows.GetString(2), rows.GetString(3)));
        }

        return presences;
    }

    /// <summary>All changes of a batch that <see cref="PresenceBatch"/> has let pass, or none.</summary>
    public static Refusal? Append(Database database, IReadOnlyList<PresenceChange> changes, StoreLimits limits)
    {
        // What counts of each is its last change; the room is known before the first row changes, so that a refusal needs no rollback.
        var last = new Dictionary<(bool Outward, string Local, string Remote), PresenceChange>(changes.Count);
        foreach (var change in changes)
        {
            last[(change.Presence.Outward, change.Presence.Local, change.Presence.Remote)] = change;
        }

        var state = StoreState.Read(database);
        var count = state.Presences + last.Values.Sum(change => (change.Shown ? 1 : 0) - (Stands(database, change.Presence) ? 1 : 0));
        if (count > limits.MaxPresences && count > state.Presences)
        {
            return new Refusal(RefusalReason.Full, $"the journal holds at most {limits.MaxPresences} who are shown as available");
        }

        foreach (var change in last.Values)
        {
            Put(database, change);
        }

        (state with { Presences = count }).Write(database);
        return null;
    }

    private static bool Stands(Database database, Presence presence)
        => database.Scalar("SELECT count(*) FROM presence WHERE outward = ?1 AND local = ?2 AND remote = ?3", presence.Outward, presence.Local, presence.Remote) > 0;

    private static void Put(Database database, PresenceChange change)
    {
        var presence = change.Presence;
        if (change.Shown)
        {
            database.Execute(
                "INSERT OR REPLACE INTO presence (outward, local, remote, partner) VALUES (?1, ?2, ?3, ?4)",
                presence.Outward,
                presence.Local,
                presence.Remote,
                presence.Partner);
        }
        else
        {
            database.Execute("DELETE FROM presence WHERE outward = ?1 AND local = ?2 AND remote = ?3", presence.Outward, presence.Local, presence.Remote);
        }
    }
}
