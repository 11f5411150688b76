using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using Microsoft.Data.Sqlite;

namespace EdgePool.Cluster.Tests.Embedded;

/// <summary>An embedded store in a folder of one test's own, and other ways to its file.</summary>
internal sealed class StoreOnDisk : IDisposable
{
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public TemporaryFolder Folder { get; } = new();

    public string Path => Folder.File("store.db");

    public static async Task<long> WriteAsync(EmbeddedStore store, int from, int count)
    {
        var body = new string('x', 500);
        var changes = Enumerable.Range(from, count).Select(i => new DocumentChange(new("Partner", $"p{i:D6}.example"), body, 0));
        return Assert.IsType<WriteOutcome.Written>(await store.WriteAsync([.. changes], "", "", default)).Revision;
    }

    public static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public Task<EmbeddedStore> OpenAsync() => EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path }, TimeProvider.System);

    /// <summary>Opens it, writes documents, and closes it.</summary>
    public async Task MakeAsync(int documents)
    {
        await using var store = await OpenAsync();
        await WriteAsync(store, 0, documents);
    }

    /// <summary>Why it does not open: one line that names the file.</summary>
    public async Task<StoreException> FaultAsync()
    {
        var fault = await Assert.ThrowsAsync<StoreException>(OpenAsync);
        Assert.Contains(Path, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        return fault;
    }

    public void Sql(string sql)
    {
        using var connection = Connect();
        Run(connection, sql);
    }

    /// <summary>A connection as another program has it.</summary>
    public SqliteConnection Connect()
    {
        SystemSqlite.Load();
        var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        return connection;
    }

    public async Task PutAsync(string text)
    {
        await File.WriteAllTextAsync(Path, text);
        File.SetUnixFileMode(Path, OwnerOnly);
    }

    public void Dispose() => Folder.Dispose();
}
