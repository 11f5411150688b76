using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace EdgePool.Cluster.Embedded;

/// <summary>The one row that holds for the whole store, read and written inside each transaction that changes it.</summary>
/// <param name="Revision">Of the newest write; 0: none yet.</param>
/// <param name="Documents">How many there are.</param>
/// <param name="Deleted">How many deleted ones have their history kept.</param>
/// <param name="Forgotten">The highest version of a deletion that is no longer known; 0: all are.</param>
/// <param name="Consents">How many there are.</param>
/// <param name="Presences">How many are shown as available.</param>
/// <param name="KnownPeers">How many domains' keys are known.</param>
/// <param name="Revoked">How many revocations of consents are remembered.</param>
internal sealed record StoreState(long Revision, long Documents, long Deleted, long Forgotten, long Consents, long Presences, long KnownPeers, long Revoked)
{
    public static StoreState Read(Database database)
    {
        using var rows = database.Query("SELECT revision, documents, deleted, forgotten, consents, presences, known_peers, revoked FROM state");
        return rows.Read()
            ? new StoreState(rows.GetInt64(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetInt64(5), rows.GetInt64(6), rows.GetInt64(7))
            : throw new SqliteException("the row of its state is missing", raw.SQLITE_CORRUPT);
    }

    public void Write(Database database)
        => database.Execute(
            "UPDATE state SET revision = ?1, documents = ?2, deleted = ?3, forgotten = ?4, consents = ?5, presences = ?6, known_peers = ?7, revoked = ?8",
            Revision,
            Documents,
            Deleted,
            Forgotten,
            Consents,
            Presences,
            KnownPeers,
            Revoked);
}
