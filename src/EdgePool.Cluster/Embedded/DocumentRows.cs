using EdgePool.Cluster.Documents;
using Microsoft.Data.Sqlite;

namespace EdgePool.Cluster.Embedded;

/// <summary>Readings of documents. Each runs inside a transaction, and so sees one state.</summary>
internal static class DocumentRows
{
    /// <summary>All documents.</summary>
    public static DocumentSet All(Database database)
    {
        var state = StoreState.Read(database);
        var documents = new List<StoredDocument>((int)state.Documents);
        using var rows = database.Query("SELECT kind, name, version, who, at, why, body FROM document WHERE body IS NOT NULL ORDER BY kind, name");
        while (rows.Read())
        {
            documents.Add(Stored(Version(rows)));
        }

        return new DocumentSet(state.Revision, documents);
    }

    /// <summary>The documents of a kind; of tables of any version.</summary>
    public static IReadOnlyList<StoredDocument> Of(Database database, string kind)
    {
        var documents = new List<StoredDocument>();
        using var rows = database.Query("SELECT kind, name, version, who, at, why, body FROM document WHERE kind = ?1 AND body IS NOT NULL ORDER BY name", kind);
        while (rows.Read())
        {
            documents.Add(Stored(Version(rows)));
        }

        return documents;
    }

    /// <summary>The newest version of every document that is known, deleted ones too.</summary>
    public static KnownDocuments Known(Database database)
    {
        var newest = new List<DocumentVersion>();
        using var rows = database.Query("SELECT kind, name, version, who, at, why, body FROM document ORDER BY kind, name");
        while (rows.Read())
        {
            newest.Add(Version(rows));
        }

        return new KnownDocuments(StoreState.Read(database), newest);
    }

    /// <summary>What has changed since a revision; null: nothing.</summary>
    public static DocumentUpdate? Since(Database database, long after)
    {
        var state = StoreState.Read(database);
        if (state.Revision <= after)
        {
            return null;
        }

        // Who has nothing needs no deletions.
        var isWhole = after <= 0 || after < state.Forgotten;
        var changed = new List<DocumentVersion>();
        using var rows = isWhole
            ? database.Query("SELECT kind, name, version, who, at, why, body FROM document WHERE body IS NOT NULL ORDER BY version")
            : database.Query("SELECT kind, name, version, who, at, why, body FROM document WHERE version > ?1 ORDER BY version", after);
        while (rows.Read())
        {
            changed.Add(Version(rows));
        }

        return new DocumentUpdate(after, state.Revision, isWhole, changed);
    }

    /// <summary>The versions of a document, newest first.</summary>
    public static IReadOnlyList<DocumentVersion> History(Database database, DocumentKey key, int atMost)
    {
        var versions = new List<DocumentVersion>();
        using var rows = database.Query(
            """
            SELECT kind, name, version, who, at, why, body FROM document WHERE kind = ?1 AND name = ?2
            UNION ALL
            SELECT d.kind, d.name, p.version, p.who, p.at, p.why, p.body FROM document d JOIN past p ON p.document = d.id WHERE d.kind = ?1 AND d.name = ?2
            ORDER BY version DESC LIMIT ?3
            """,
            key.Kind,
            key.Name,
            atMost);
        while (rows.Read())
        {
            versions.Add(Version(rows));
        }

        return versions;
    }

    /// <summary>One version of a document.</summary>
    public static DocumentVersion? At(Database database, DocumentKey key, long version)
    {
        using var rows = database.Query(
            """
            SELECT kind, name, version, who, at, why, body FROM document WHERE kind = ?1 AND name = ?2 AND version = ?3
            UNION ALL
            SELECT d.kind, d.name, p.version, p.who, p.at, p.why, p.body FROM document d JOIN past p ON p.document = d.id
            WHERE d.kind = ?1 AND d.name = ?2 AND p.version = ?3
            """,
            key.Kind,
            key.Name,
            version);
        return rows.Read() ? Version(rows) : null;
    }

    /// <summary>A document as it stands; null: there is none.</summary>
    public static StoredDocument? Current(Database database, DocumentKey key)
    {
        using var rows = database.Query(
            "SELECT kind, name, version, who, at, why, body FROM document WHERE kind = ?1 AND name = ?2 AND body IS NOT NULL", key.Kind, key.Name);
        return rows.Read() ? Stored(Version(rows)) : null;
    }

    private static DocumentVersion Version(SqliteDataReader row)
    {
        var by = new Authorship(row.GetString(3), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)), row.GetString(5));
        return new DocumentVersion(new DocumentKey(row.GetString(0), row.GetString(1)), row.GetInt64(2), row.IsDBNull(6) ? null : row.GetString(6), by);
    }

    private static StoredDocument Stored(DocumentVersion version) => new(version.Key, version.Version, version.Body!, version.By);
}

/// <summary>What a store knows of documents.</summary>
/// <param name="State">At the same moment.</param>
/// <param name="Newest">Of each document its newest version.</param>
internal sealed record KnownDocuments(StoreState State, IReadOnlyList<DocumentVersion> Newest);
