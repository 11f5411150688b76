using System.Security.Cryptography;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using Microsoft.Data.Sqlite;

namespace EdgePool.Cluster.Tests.Embedded;

/// <summary>The file of an embedded store: who may use it, and what is told where it cannot be used.</summary>
public sealed class StoreFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder folder = new();

    private string Path => folder.File("store.db");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Open_NewPath_MakesDirectoryAndFilesForTheOwnerAlone()
    {
        var path = folder.File("a/b/store.db");
        await using var store = await OpenAsync(path);
        await WriteAsync(store, 0, 1);

        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.File("a/b")));
        var files = Directory.GetFiles(folder.File("a/b"));
        Assert.Equal(["store.db", "store.db-shm", "store.db-wal", "store.db.lock"], files.Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal(OwnerOnly, File.GetUnixFileMode(file)));
    }

    [Theory]
    [InlineData("store.db", UnixFileMode.GroupRead)]
    [InlineData("store.db", UnixFileMode.OtherWrite)]
    [InlineData("store.db-wal", UnixFileMode.OtherRead)]
    public async Task Open_FileOpenToOthers_IsRefused(string name, UnixFileMode others)
    {
        await (await OpenAsync(Path)).DisposeAsync();
        await File.AppendAllBytesAsync(folder.File(name), []);
        File.SetUnixFileMode(folder.File(name), OwnerOnly | others);

        var fault = await FaultAsync();

        Assert.Equal(StoreFault.Permission, fault.Fault);
        Assert.Contains("chmod 600", fault.Message, StringComparison.Ordinal);
        File.SetUnixFileMode(folder.File(name), OwnerOnly);
        await (await OpenAsync(Path)).DisposeAsync();
    }

    [Fact]
    public async Task Open_WhileOpen_IsRefused()
    {
        var first = await OpenAsync(Path);

        var fault = await FaultAsync();

        Assert.Equal(StoreFault.InUse, fault.Fault);
        await first.DisposeAsync();
        await (await OpenAsync(Path)).DisposeAsync();
    }

    [Fact]
    public async Task Open_PathUnderAFile_SaysSo()
    {
        await File.WriteAllTextAsync(folder.File("file"), "");

        var fault = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(folder.File("file/store.db")));

        Assert.Equal(StoreFault.Unavailable, fault.Fault);
    }

    [Fact]
    public async Task Open_NewerSchema_IsRefused()
    {
        await (await OpenAsync(Path)).DisposeAsync();
        Sql("PRAGMA user_version = 2");

        var fault = await FaultAsync();

        Assert.Equal(StoreFault.NewerSchema, fault.Fault);
        Assert.Contains("schema 2", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_DatabaseOfAnotherProgram_IsRefusedAndLeftAsItIs()
    {
        SystemSqlite.Load();
        using (File.Create(Path))
        {
            File.SetUnixFileMode(Path, OwnerOnly);
        }

        Sql("CREATE TABLE moz_places (id INTEGER)");
        var before = await File.ReadAllBytesAsync(Path);

        Assert.Equal(StoreFault.Foreign, (await FaultAsync()).Fault);

        Assert.Equal(before, await File.ReadAllBytesAsync(Path));
    }

    [Fact]
    public async Task Open_TextFile_IsCorrupt()
    {
        await File.WriteAllTextAsync(Path, string.Concat(Enumerable.Repeat("node: { name: edge-1 }\n", 1000)));
        File.SetUnixFileMode(Path, OwnerOnly);

        Assert.Equal(StoreFault.Corrupt, (await FaultAsync()).Fault);
    }

    [Fact]
    public async Task Open_EmptyFile_IsANewStore()
    {
        await File.WriteAllBytesAsync(Path, []);
        File.SetUnixFileMode(Path, OwnerOnly);

        await using var store = await OpenAsync(Path);

        Assert.Equal(0, (await store.ReadAsync(default)).Revision);
    }

    [Fact]
    public async Task Open_DamagedPages_IsCorruptAndNothingStaysOpen()
    {
        await MakeAsync(documents: 2000);
        Damage();

        Assert.Equal(StoreFault.Corrupt, (await FaultAsync()).Fault);
        Assert.Equal(StoreFault.Corrupt, (await FaultAsync()).Fault);
    }

    [Fact]
    public async Task Open_CutOff_IsCorrupt()
    {
        await MakeAsync(documents: 2000);
        using (var file = new FileStream(Path, FileMode.Open))
        {
            file.SetLength(file.Length / 2);
        }

        Assert.Equal(StoreFault.Corrupt, (await FaultAsync()).Fault);
    }

    [Fact]
    public async Task Read_DamagedPagesOfALargeFile_IsCorruptWhenItIsRead()
    {
        await MakeAsync(documents: 2000);
        Damage();
        await using var store = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path, MaxCheckedBytes = 0 }, TimeProvider.System);

        var fault = await Assert.ThrowsAsync<StoreException>(async () => await store.ReadAsync(default));

        Assert.Equal(StoreFault.Corrupt, fault.Fault);
    }

    [Fact]
    public async Task Open_Again_HasEverythingAndGoesOnFromItsRevision()
    {
        var store = await OpenAsync(Path);
        var first = await WriteAsync(store, 0, 10);
        var before = await store.ReadAsync(default);
        await store.DisposeAsync();

        await using var again = await OpenAsync(Path);

        Assert.Equal(before.Documents, (await again.ReadAsync(default)).Documents);
        Assert.Equal(first, (await again.ReadAsync(default)).Revision);
        Assert.True(await WriteAsync(again, 10, 1) > first);
        await foreach (var update in again.WatchAsync(first, default))
        {
            Assert.Single(update.Changed);
            break;
        }
    }

    [Fact]
    public async Task Write_FileAtItsLimit_IsRefusedAndTheStoreGoesOn()
    {
        var options = new EmbeddedStoreOptions { Path = Path, MaxFileBytes = 256 * 1024 };
        var store = await EmbeddedStore.OpenAsync(options, TimeProvider.System);
        var written = 0;
        WriteOutcome outcome;
        while ((outcome = await store.WriteAsync([new DocumentChange(new("k", $"{written}"), new string('x', 10_000), 0)], "", "", default)) is WriteOutcome.Written)
        {
            written++;
        }

        Assert.Equal(RefusalReason.Full, Assert.IsType<WriteOutcome.Refused>(outcome).Why.Reason);
        Assert.InRange(written, 10, 25);
        Assert.Equal(written, (await store.ReadAsync(default)).Documents.Count);
        await store.DisposeAsync();
        Assert.InRange(new FileInfo(Path).Length, 100 * 1024, 256 * 1024);
        await using var larger = await EmbeddedStore.OpenAsync(options with { MaxFileBytes = 512 * 1024 }, TimeProvider.System);
        Assert.IsType<WriteOutcome.Written>(await larger.WriteAsync([new DocumentChange(new("k", "more"), new string('x', 10_000), 0)], "", "", default));
    }

    // An operator's sqlite3 shell in a transaction. Readings go on; the write gives up after a second.
    [Fact]
    public async Task Write_FileLockedByAnotherProgram_IsRefused()
    {
        await using var store = await OpenAsync(Path);
        using (var shell = Connect())
        {
            Run(shell, "BEGIN IMMEDIATE");
            var outcome = await store.WriteAsync([new DocumentChange(new("k", "n"), "1", 0)], "", "", default);
            Assert.Equal(RefusalReason.Unavailable, Assert.IsType<WriteOutcome.Refused>(outcome).Why.Reason);
            Assert.Empty((await store.ReadAsync(default)).Documents);
        }

        await WriteAsync(store, 0, 1);
    }

    [Fact]
    public async Task Open_Settings_AreThoseOfDurability()
    {
        await using var store = await OpenAsync(Path);
        using var writing = Database.OpenWriting(new EmbeddedStoreOptions { Path = Path });

        Assert.Equal(2, writing.Scalar("PRAGMA synchronous"));
        using var mode = writing.Query("PRAGMA journal_mode");
        Assert.True(mode.Read());
        Assert.Equal("wal", mode.GetString(0));
    }

    [Fact]
    public void Library_NotInstalled_IsNamedWithItsPackage()
    {
        var fault = Assert.Throws<StoreException>(() => SystemSqlite.Open("libsqlite3-that-is-not-there.so.0"));

        Assert.Equal(StoreFault.LibraryMissing, fault.Fault);
        Assert.Contains("apt-get install libsqlite3-0", fault.Message, StringComparison.Ordinal);
    }

    private static Task<EmbeddedStore> OpenAsync(string path) => EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = path }, TimeProvider.System);

    private static async Task<long> WriteAsync(EmbeddedStore store, int from, int count)
    {
        var body = new string('x', 500);
        var changes = Enumerable.Range(from, count).Select(i => new DocumentChange(new("Partner", $"p{i:D6}.example"), body, 0));
        return Assert.IsType<WriteOutcome.Written>(await store.WriteAsync([.. changes], "", "", default)).Revision;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private async Task<StoreException> FaultAsync()
    {
        var fault = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(Path));
        Assert.Contains(Path, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        return fault;
    }

    private async Task MakeAsync(int documents)
    {
        await using var store = await OpenAsync(Path);
        await WriteAsync(store, 0, documents);
    }

    // Everything but the first pages, where the tables' own descriptions are.
    private void Damage()
    {
        using var file = new FileStream(Path, FileMode.Open);
        var rubbish = new byte[file.Length - (16 * 4096)];
        RandomNumberGenerator.Fill(rubbish);
        file.Position = 16 * 4096;
        file.Write(rubbish);
    }

    private void Sql(string sql)
    {
        using var connection = Connect();
        Run(connection, sql);
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        return connection;
    }
}
