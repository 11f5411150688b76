using System.Security.Cryptography;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;

namespace EdgePool.Cluster.Tests.Embedded;

/// <summary>A file that is no store, or no longer a whole one.</summary>
public sealed class StoreDamageTests : IDisposable
{
    private readonly StoreOnDisk disk = new();

    public void Dispose() => disk.Dispose();

    [Fact]
    public async Task Open_Directory_SaysSo()
    {
        Directory.CreateDirectory(disk.Path);

        Assert.Equal(StoreFault.Foreign, (await disk.FaultAsync()).Fault);
    }

    [Fact]
    public async Task Open_StateMissing_IsCorrupt()
    {
        await disk.MakeAsync(documents: 1);
        disk.Sql("DELETE FROM state");

        Assert.Equal(StoreFault.Corrupt, (await disk.FaultAsync()).Fault);
    }

    [Fact]
    public async Task Open_NewerSchema_IsRefused()
    {
        await (await disk.OpenAsync()).DisposeAsync();
        disk.Sql("PRAGMA user_version = 5");

        var fault = await disk.FaultAsync();

        Assert.Equal(StoreFault.NewerSchema, fault.Fault);
        Assert.Contains("schema 5", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_DatabaseOfAnotherProgram_IsRefusedAndLeftAsItIs()
    {
        await disk.PutAsync("");
        disk.Sql("CREATE TABLE moz_places (id INTEGER)");
        var before = await File.ReadAllBytesAsync(disk.Path);

        Assert.Equal(StoreFault.Foreign, (await disk.FaultAsync()).Fault);

        Assert.Equal(before, await File.ReadAllBytesAsync(disk.Path));
    }

    [Fact]
    public async Task Open_TextFile_IsCorrupt()
    {
        await disk.PutAsync(string.Concat(Enumerable.Repeat("node: { name: edge-1 }\n", 1000)));

        Assert.Equal(StoreFault.Corrupt, (await disk.FaultAsync()).Fault);
    }

    [Fact]
    public async Task Open_EmptyFile_IsANewStore()
    {
        await disk.PutAsync("");

        await using var store = await disk.OpenAsync();

        Assert.Equal(0, (await store.ReadAsync(default)).Revision);
    }

    [Fact]
    public async Task Open_DamagedPages_IsCorruptAndNothingStaysOpen()
    {
        await disk.MakeAsync(documents: 2000);
        Damage();

        Assert.Equal(StoreFault.Corrupt, (await disk.FaultAsync()).Fault);
        Assert.Equal(StoreFault.Corrupt, (await disk.FaultAsync()).Fault);
    }

    [Fact]
    public async Task Open_CutOff_IsCorrupt()
    {
        await disk.MakeAsync(documents: 2000);
        using (var file = new FileStream(disk.Path, FileMode.Open))
        {
            file.SetLength(file.Length / 2);
        }

        Assert.Equal(StoreFault.Corrupt, (await disk.FaultAsync()).Fault);
    }

    [Fact]
    public async Task Read_DamagedPagesOfALargeFile_IsCorruptWhenItIsRead()
    {
        await disk.MakeAsync(documents: 2000);
        Damage();
        await using var store = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = disk.Path, MaxCheckedBytes = 0 }, TimeProvider.System);

        var fault = await Assert.ThrowsAsync<StoreException>(async () => await store.ReadAsync(default));

        Assert.Equal(StoreFault.Corrupt, fault.Fault);
    }

    // Everything but the first pages, where the tables' own descriptions are.
    private void Damage()
    {
        using var file = new FileStream(disk.Path, FileMode.Open);
        var rubbish = new byte[file.Length - (16 * 4096)];
        RandomNumberGenerator.Fill(rubbish);
        file.Position = 16 * 4096;
        file.Write(rubbish);
    }
}
