using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;

namespace EdgePool.Cluster.Tests.Embedded;

/// <summary>The file of an embedded store: who may use it, what it survives, and what is told where it cannot be used.</summary>
public sealed class StoreFileTests : IDisposable
{
    private readonly StoreOnDisk disk = new();

    public void Dispose() => disk.Dispose();

    [Fact]
    public async Task Open_NewPath_MakesDirectoryAndFilesForTheOwnerAlone()
    {
        var path = disk.Folder.File("a/b/store.db");
        await using var store = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = path }, TimeProvider.System);
        await StoreOnDisk.WriteAsync(store, 0, 1);

        Assert.Equal(StoreOnDisk.OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(disk.Folder.File("a/b")));
        var files = Directory.GetFiles(disk.Folder.File("a/b"));
        Assert.Equal(["store.db", "store.db-shm", "store.db-wal", "store.db.lock"], files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal(StoreOnDisk.OwnerOnly, File.GetUnixFileMode(file)));
    }

    [Theory]
    [InlineData("store.db", UnixFileMode.GroupRead)]
    [InlineData("store.db", UnixFileMode.OtherWrite)]
    [InlineData("store.db-wal", UnixFileMode.OtherRead)]
    public async Task Open_FileOpenToOthers_IsRefused(string name, UnixFileMode others)
    {
        await (await disk.OpenAsync()).DisposeAsync();
        await File.AppendAllBytesAsync(disk.Folder.File(name), []);
        File.SetUnixFileMode(disk.Folder.File(name), StoreOnDisk.OwnerOnly | others);

        var fault = await disk.FaultAsync();

        Assert.Equal(StoreFault.Permission, fault.Fault);
        Assert.Contains("chmod 600", fault.Message, StringComparison.Ordinal);
        File.SetUnixFileMode(disk.Folder.File(name), StoreOnDisk.OwnerOnly);
        await (await disk.OpenAsync()).DisposeAsync();
    }

    [Fact]
    public async Task Open_WhileOpen_IsRefused()
    {
        var first = await disk.OpenAsync();

        var fault = await disk.FaultAsync();

        Assert.Equal(StoreFault.InUse, fault.Fault);
        await first.DisposeAsync();
        await (await disk.OpenAsync()).DisposeAsync();
    }

    [Fact]
    public async Task Open_PathUnderAFile_SaysSo()
    {
        await File.WriteAllTextAsync(disk.Folder.File("file"), "");
        var options = new EmbeddedStoreOptions { Path = disk.Folder.File("file/store.db") };

        var fault = await Assert.ThrowsAsync<StoreException>(() => EmbeddedStore.OpenAsync(options, TimeProvider.System));

        Assert.Equal(StoreFault.Unavailable, fault.Fault);
    }

    // The queue itself: StoreThreadTests.
    [Fact]
    public async Task Store_QueueFull_RefusesWritesAndReadingsThrow()
    {
        await using var store = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = disk.Path, MaxWaiting = 0 }, TimeProvider.System);

        var refused = Assert.IsType<WriteOutcome.Refused>(await store.WriteAsync([new DocumentChange(new("k", "n"), "1", 0)], "", "", default));
        Assert.Equal(RefusalReason.Busy, refused.Why.Reason);
        Assert.Equal(RefusalReason.Busy, (await store.AppendAsync([], default))?.Reason);
        Assert.Equal(StoreFault.Busy, (await Assert.ThrowsAsync<StoreException>(async () => await store.ReadAsync(default))).Fault);
    }

    [Fact]
    public async Task Open_Again_HasEverythingAndGoesOnFromItsRevision()
    {
        var store = await disk.OpenAsync();
        var first = await StoreOnDisk.WriteAsync(store, 0, 10);
        var before = await store.ReadAsync(default);
        await store.DisposeAsync();

        await using var again = await disk.OpenAsync();

        Assert.Equal(before.Documents, (await again.ReadAsync(default)).Documents);
        Assert.Equal(first, (await again.ReadAsync(default)).Revision);
        Assert.True(await StoreOnDisk.WriteAsync(again, 10, 1) > first);
        await foreach (var update in again.WatchAsync(first, default))
        {
            Assert.Single(update.Changed);
            break;
        }
    }

    [Fact]
    public async Task Write_FileAtItsLimit_IsRefusedAndTheStoreGoesOn()
    {
        var options = new EmbeddedStoreOptions { Path = disk.Path, MaxFileBytes = 256 * 1024 };
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
        Assert.InRange(new FileInfo(disk.Path).Length, 100 * 1024, 256 * 1024);
        await using var larger = await EmbeddedStore.OpenAsync(options with { MaxFileBytes = 512 * 1024 }, TimeProvider.System);
        Assert.IsType<WriteOutcome.Written>(await larger.WriteAsync([new DocumentChange(new("k", "more"), new string('x', 10_000), 0)], "", "", default));
    }

    // An operator's sqlite3 shell in a transaction. Readings go on; the write gives up after a second.
    [Fact]
    public async Task Write_FileLockedByAnotherProgram_IsRefused()
    {
        await using var store = await disk.OpenAsync();
        using (var shell = disk.Connect())
        {
            StoreOnDisk.Run(shell, "BEGIN IMMEDIATE");
            var outcome = await store.WriteAsync([new DocumentChange(new("k", "n"), "1", 0)], "", "", default);
            Assert.Equal(RefusalReason.Unavailable, Assert.IsType<WriteOutcome.Refused>(outcome).Why.Reason);
            Assert.Empty((await store.ReadAsync(default)).Documents);
        }

        await StoreOnDisk.WriteAsync(store, 0, 1);
    }

    [Fact]
    public async Task Open_Settings_AreThoseOfDurability()
    {
        await using var store = await disk.OpenAsync();
        using var writing = Database.OpenWriting(new EmbeddedStoreOptions { Path = disk.Path });

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
}
