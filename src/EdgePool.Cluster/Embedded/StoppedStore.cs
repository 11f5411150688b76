using EdgePool.Cluster.Documents;
using Microsoft.Data.Sqlite;

namespace EdgePool.Cluster.Embedded;

/// <summary>Reads a store that no node has open, as it lies there: nothing is written, no lock of ours is taken, and tables of an older EdgePool stay as they are.</summary>
public static class StoppedStore
{
    /// <summary>The documents of a kind, by name.</summary>
    /// <param name="path">The store's file.</param>
    /// <param name="kind">Their kind.</param>
    /// <exception cref="StoreException">There is no store, or it cannot be read.</exception>
    public static Task<IReadOnlyList<StoredDocument>> ReadAsync(string path, string kind)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(kind);
        return Task.Factory.StartNew(() => Read(Path.GetFullPath(path), kind), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static IReadOnlyList<StoredDocument> Read(string path, string kind)
    {
        SystemSqlite.Load();
        if (!File.Exists(path))
        {
            throw new StoreException(StoreFault.Unavailable, $"there is no store {path}, or user {Environment.UserName} may not look into its directory");
        }

        try
        {
            using var database = Database.OpenReading(new EmbeddedStoreOptions { Path = path });
            Schema.Judge(database, path);
            return DocumentRows.Of(database, kind);
        }
        catch (SqliteException fault)
        {
            throw Faults.OfOpening(fault, path);
        }
    }
}
