using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Embedded;

/// <summary>
/// Writes a batch inside a transaction. Whether it can be written is decided before the first row changes, so that a refusal needs no rollback and shares the
/// transaction of others.
/// </summary>
internal static class DocumentWriting
{
    /// <summary>All changes of a batch that <see cref="DocumentBatch"/> has let pass, or none.</summary>
    public static WriteOutcome Write(Database database, IReadOnlyList<DocumentChange> changes, Authorship by, StoreLimits limits)
    {
        var state = StoreState.Read(database);
        if (changes.Count == 0)
        {
            return new WriteOutcome.Written(state.Revision);
        }

        var heads = new Head[changes.Count];
        for (var i = 0; i < heads.Length; i++)
        {
            heads[i] = Find(database, changes[i].Key);
        }

        if (Stale(database, changes, heads, limits) is { Count: > 0 } stale)
        {
            return new WriteOutcome.Stale(stale);
        }

        var next = Count(state, changes, heads);
        if (next.Documents > limits.MaxDocuments && next.Documents > state.Documents)
        {
            return new WriteOutcome.Refused(new Refusal(RefusalReason.Full, $"the store holds at most {limits.MaxDocuments} documents"));
        }

        for (var i = 0; i < heads.Length; i++)
        {
            Put(database, heads[i], changes[i], next.Revision, by, limits);
        }

        Forget(database, next, limits).Write(database);
        return new WriteOutcome.Written(next.Revision);
    }

    private static Head Find(Database database, DocumentKey key)
    {
        using var rows = database.Query("SELECT id, version, body IS NOT NULL FROM document WHERE kind = ?1 AND name = ?2", key.Kind, key.Name);
        return rows.Read() ? new Head(rows.GetInt64(0), rows.GetInt64(1), rows.GetBoolean(2)) : default;
    }

    private static List<StaleChange> Stale(Database database, IReadOnlyList<DocumentChange> changes, Head[] heads, StoreLimits limits)
    {
        var stale = new List<StaleChange>();
        for (var i = 0; i < heads.Length && stale.Count < limits.MaxStaleListed; i++)
        {
            if (changes[i].ExpectedVersion != (heads[i].Exists ? heads[i].Version : 0))
            {
                stale.Add(new StaleChange(changes[i], DocumentRows.Current(database, changes[i].Key)));
            }
        }

        return stale;
    }

    // The state as it will be.
    private static StoreState Count(StoreState state, IReadOnlyList<DocumentChange> changes, Head[] heads)
    {
        var (documents, deleted) = (state.Documents, state.Deleted);
        for (var i = 0; i < heads.Length; i++)
        {
            var exists = changes[i].Body is not null;
            documents += (exists ? 1 : 0) - (heads[i].Exists ? 1 : 0);
            deleted += (exists ? 0 : 1) - (heads[i] is { IsKnown: true, Exists: false } ? 1 : 0);
        }

        return state with { Revision = state.Revision + 1, Documents = documents, Deleted = deleted };
    }

    private static void Put(Database database, Head head, DocumentChange change, long version, Authorship by, StoreLimits limits)
    {
        var at = by.When.ToUnixTimeMilliseconds();
        if (!head.IsKnown)
        {
            database.Execute(
                "INSERT INTO document (kind, name, version, who, at, why, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                change.Key.Kind,
                change.Key.Name,
                version,
                by.Who,
                at,
                by.Why,
                change.Body);
            return;
        }

        database.Execute("INSERT INTO past (document, version, who, at, why, body) SELECT id, version, who, at, why, body FROM document WHERE id = ?1", head.Id);
        database.Execute(
            "UPDATE document SET version = ?2, who = ?3, at = ?4, why = ?5, body = ?6 WHERE id = ?1", head.Id, version, by.Who, at, by.Why, change.Body);
        // The document's own row is one of the versions that are kept.
        database.Execute(
            "DELETE FROM past WHERE document = ?1 AND version <= (SELECT version FROM past WHERE document = ?1 ORDER BY version DESC LIMIT 1 OFFSET ?2)",
            head.Id,
            limits.MaxVersions - 1);
    }

    // Of deleted documents, the longest deleted ones go with their history; readers that have not seen the deletion then read everything.
    private static StoreState Forget(Database database, StoreState state, StoreLimits limits)
    {
        while (state.Deleted > limits.MaxDeleted)
        {
            var id = database.Scalar("SELECT id FROM document WHERE body IS NULL ORDER BY version LIMIT 1");
            var version = database.Scalar("SELECT version FROM document WHERE id = ?1", id);
            database.Execute("DELETE FROM past WHERE document = ?1", id);
            database.Execute("DELETE FROM document WHERE id = ?1", id);
            state = state with { Deleted = state.Deleted - 1, Forgotten = version };
        }

        return state;
    }

    // A document's row before the batch; the default: there is none, and has been none that the store knows.
    private readonly record struct Head(long Id, long Version, bool Exists)
    {
        public bool IsKnown => Id != 0;
    }
}
