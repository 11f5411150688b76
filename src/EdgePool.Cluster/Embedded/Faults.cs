using EdgePool.Cluster.Documents;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace EdgePool.Cluster.Embedded;

/// <summary>What SQLite's result codes (sqlite.org/rescode.html) mean for who opens, reads or writes a store.</summary>
internal static class Faults
{
    /// <summary>Of opening.</summary>
    public static StoreException OfOpening(SqliteException fault, string path) => fault.SqliteErrorCode switch
    {
        raw.SQLITE_NOTADB => new StoreException(
            StoreFault.Corrupt, $"the file {path} is no database, or its beginning is damaged: restore the backup, or move the file away to begin anew", fault),
        _ => OfReading(fault, path),
    };

    /// <summary>Of a reading.</summary>
    public static StoreException OfReading(SqliteException fault, string path) => fault.SqliteErrorCode switch
    {
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => Damaged(path, fault.Message, fault),
        raw.SQLITE_PERM or raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN or raw.SQLITE_AUTH => Forbidden(path, fault),
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new StoreException(
            StoreFault.InUse, $"the store {path} is locked by another program: end that one first", fault),
        _ => new StoreException(StoreFault.Unavailable, $"the store {path} does not answer: {fault.Message}", fault),
    };

    /// <summary>Of a write.</summary>
    public static Refusal OfWriting(SqliteException fault, string path) => fault.SqliteErrorCode == raw.SQLITE_FULL
        ? new Refusal(RefusalReason.Full, $"the store {path}, or its disk, is full")
        : new Refusal(RefusalReason.Unavailable, OfReading(fault, path).Message);

    /// <summary>The operating system forbids it.</summary>
    public static StoreException Forbidden(string path, Exception cause)
        => new(StoreFault.Permission, $"the store {path} may not be used by user {Environment.UserName}: chown its directory to that user", cause);

    /// <summary>The file is damaged.</summary>
    public static StoreException Damaged(string path, string detail, Exception? cause)
        => new(StoreFault.Corrupt, $"the store {path} is damaged ({detail}): restore the backup", cause);
}
