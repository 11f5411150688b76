using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Embedded;

/// <summary>Readings and writes of consents. Each runs inside a transaction.</summary>
internal static class ConsentRows
{
    /// <summary>The next consents after a pair, in the order of pairs; fewer than <paramref name="atMost"/>: these are the last.</summary>
    public static IReadOnlyList<Consent> After(Database database, string? partner, string local, string remote, int atMost)
    {
        var consents = new List<Consent>(atMost);
        using var rows = partner is null
            ? database.Query(
                "SELECT local, remote, partner, since FROM consent WHERE (local, remote) > (?1, ?2) ORDER BY local, remote LIMIT ?3", local, remote, atMost)
            : database.Query(
                "SELECT local, remote, partner, since FROM consent WHERE partner = ?4 AND (local, remote) > (?1, ?2) ORDER BY local, remote LIMIT ?3",
                local,
                remote,
                atMost,
                partner);
        while (rows.Read())
        {
            // Neighbours share their user and often their partner: one string for both.
            var last = consents.Count > 0 ? consents[^1] : null;
            consents.Add(new Consent(
                Shared(rows.GetString(0), last?.Local),
                rows.GetString(1),
                Shared(rows.GetString(2), last?.Partner),
                DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(3))));
        }

        return consents;
    }

    /// <summary>All changes of a batch that <see cref="ConsentBatch"/> has let pass, or none.</summary>
    public static Refusal? Append(Database database, IReadOnlyList<ConsentChange> changes, StoreLimits limits)
    {
        // What counts of each pair is its last change; the room is known before the first row changes, so that a refusal needs no rollback.
        var last = new Dictionary<(string Local, string Remote), ConsentChange>(changes.Count);
        foreach (var change in changes)
        {
            last[ConsentBatch.Pair(change)] = change;
        }

        var state = StoreState.Read(database);
        var consents = state.Consents + last.Sum(pair => (pair.Value is ConsentChange.Given ? 1 : 0) - (Stands(database, pair.Key) ? 1 : 0));
        if (consents > limits.MaxConsents && consents > state.Consents)
        {
            return new Refusal(RefusalReason.Full, $"the journal holds at most {limits.MaxConsents} consents");
        }

        foreach (var (pair, change) in last)
        {
            Put(database, pair, change);
        }

        (state with { Consents = consents }).Write(database);
        return null;
    }

    private static bool Stands(Database database, (string Local, string Remote) pair)
        => database.Scalar("SELECT count(*) FROM consent WHERE local = ?1 AND remote = ?2", pair.Local, pair.Remote) > 0;

    private static void Put(Database database, (string Local, string Remote) pair, ConsentChange change)
    {
        if (change is ConsentChange.Given(var consent))
        {
            database.Execute(
                """
                INSERT INTO consent (local, remote, partner, since) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (local, remote) DO UPDATE SET partner = excluded.partner, since = excluded.since
                """,
                pair.Local,
                pair.Remote,
                consent.Partner,
                consent.Since.ToUnixTimeMilliseconds());
        }
        else
        {
            database.Execute("DELETE FROM consent WHERE local = ?1 AND remote = ?2", pair.Local, pair.Remote);
        }
    }

    private static string Shared(string text, string? other) => text.Equals(other, StringComparison.Ordinal) ? other : text;
}
