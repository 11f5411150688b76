using System.Globalization;
using EdgePool.Cluster.Documents;
using Microsoft.Data.Sqlite;

namespace EdgePool.Cluster.Embedded;

/// <summary>One connection to the file, with the statements that it has prepared. For one thread at a time; SQLite's calls are synchronous.</summary>
internal sealed class Database : IDisposable
{
    // Seconds that a statement waits for another program's lock: an operator with the sqlite3 shell.
    private const int LockSeconds = 1;

    private readonly SqliteConnection connection;
    private readonly Dictionary<string, SqliteCommand> statements = new(StringComparer.Ordinal);

    private Database(string path, SqliteOpenMode mode)
    {
        var source = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = LockSeconds };
        connection = new SqliteConnection(source.ConnectionString);
    }

    /// <summary>
    /// The connection that writes, of a file that is checked and has today's tables. With a write-ahead log that is synced at every commit, what is committed
    /// outlives the loss of power.
    /// </summary>
    /// <param name="options">The file and its limits.</param>
    /// <exception cref="StoreException">The file is damaged, foreign or newer.</exception>
    /// <exception cref="SqliteException">Anything else that SQLite says.</exception>
    public static Database OpenWriting(EmbeddedStoreOptions options)
    {
        var database = new Database(options.Path, SqliteOpenMode.ReadWrite);
        try
        {
            database.connection.Open();
            database.Script("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
            Schema.Judge(database, options.Path);
            database.LogAhead(options.Path);
            database.Script("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8192");
            database.Check(options);
            Schema.Bring(database);
            var pages = Math.Clamp(options.MaxFileBytes / database.Scalar("PRAGMA page_size"), 1, uint.MaxValue - 1);
            database.Scalar(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages}"));
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>A connection that reads, beside the one that writes.</summary>
    /// <param name="options">The file.</param>
    /// <exception cref="SqliteException">It cannot be used.</exception>
    public static Database OpenReading(EmbeddedStoreOptions options)
    {
        var database = new Database(options.Path, SqliteOpenMode.ReadOnly);
        try
        {
            database.connection.Open();
            database.Script("PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8192");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Runs a statement that gives no rows, with values for ?1, ?2 and so on. Returns the rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Statement(sql, values).ExecuteNonQuery();

    /// <summary>The rows of a query. The caller disposes it before the same query runs again.</summary>
    public SqliteDataReader Query(string sql, params ReadOnlySpan<object?> values) => Statement(sql, values).ExecuteReader();

    /// <summary>The one number that a query gives.</summary>
    public long Scalar(string sql, params ReadOnlySpan<object?> values)
        => Convert.ToInt64(Statement(sql, values).ExecuteScalar(), CultureInfo.InvariantCulture);

    /// <summary>Runs several statements without values.</summary>
    public void Script(string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every statement is a literal of this assembly; values are bound.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>Ends a transaction that failed. SQLite has ended some by itself.</summary>
    public void Rollback()
    {
        if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0)
        {
            Execute("ROLLBACK");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var statement in statements.Values)
        {
            statement.Dispose();
        }

        connection.Dispose();
    }

    // Some network file systems cannot carry one; SQLite then says which mode it keeps.
    private void LogAhead(string path)
    {
        using var rows = Query("PRAGMA journal_mode = WAL");
        if (!rows.Read() || rows.GetString(0) is not "wal")
        {
            throw new StoreException(StoreFault.Unavailable, $"the file system of {path} cannot carry a write-ahead log: put the store on a local disk");
        }
    }

    private void Check(EmbeddedStoreOptions options)
    {
        var bytes = Scalar("PRAGMA page_count") * Scalar("PRAGMA page_size");
        if (bytes > options.MaxCheckedBytes)
        {
            return;
        }

        using var rows = Query("PRAGMA quick_check(1)");
        if (rows.Read() && rows.GetString(0) is not "ok" and var said)
        {
            throw Faults.Damaged(options.Path, said.ReplaceLineEndings(" "), null);
        }
    }

    private SqliteCommand Statement(string sql, ReadOnlySpan<object?> values)
    {
        if (!statements.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
#pragma warning disable CA2100 // Every statement is a literal of this assembly; values are bound.
            command.CommandText = sql;
#pragma warning restore CA2100
            for (var i = 1; i <= values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = string.Create(CultureInfo.InvariantCulture, $"?{i}") });
            }

            statements.Add(sql, command);
        }

        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }
}
