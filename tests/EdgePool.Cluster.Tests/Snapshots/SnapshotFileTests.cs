using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Snapshots;

namespace EdgePool.Cluster.Tests.Snapshots;

/// <summary>The files in which a node keeps what it saw.</summary>
public sealed class SnapshotFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly DateTimeOffset When = new(2026, 11, 21, 12, 0, 0, 123, TimeSpan.Zero);
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Snapshot_Written_ComesBackAsItIsAndIsTheOwnersAlone()
    {
        DocumentSet set = new(7, [Document("B", "z", 3), Document("ä", "🙂", 7)]);

        await DocumentSnapshot.WriteAsync(Path, new DocumentSet(1, []), default);
        await DocumentSnapshot.WriteAsync(Path, set, default);

        var read = DocumentSnapshot.Read(Path)!;
        Assert.Equal(set.Revision, read.Revision);
        Assert.Equal(set.Documents, read.Documents);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path));
        Assert.Single(Directory.EnumerateFiles(folder.Path));
    }

    [Fact]
    public void Snapshot_None_IsNull() => Assert.Null(DocumentSnapshot.Read(Path));

    // A node that ended while it wrote leaves something beside; what is at the place itself is whole.
    [Fact]
    public async Task Snapshot_RestOfAnotherBeside_IsReplaced()
    {
        await File.WriteAllTextAsync(Path + ".new", "half");

        await DocumentSnapshot.WriteAsync(Path, new DocumentSet(1, []), default);

        Assert.Equal(1, DocumentSnapshot.Read(Path)!.Revision);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path));
    }

    [Fact]
    public async Task Snapshot_AnyByteChangedOrMissing_IsDamaged()
    {
        await DocumentSnapshot.WriteAsync(Path, new DocumentSet(7, [Document("B", "z", 3)]), default);
        var good = await File.ReadAllBytesAsync(Path);
        for (var i = 0; i < good.Length; i++)
        {
            var bad = good.ToArray();
            bad[i] ^= 0x20;
            await DamagedAsync(bad);
            await DamagedAsync(good[..i]);
        }

        async Task DamagedAsync(byte[] bytes)
        {
            await File.WriteAllBytesAsync(Path, bytes);
            var fault = Assert.Throws<StoreException>(() => DocumentSnapshot.Read(Path));
            Assert.Equal(StoreFault.Corrupt, fault.Fault);
            Assert.Contains(Path, fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Pending_Appended_IsThereWhenOpenedAgain()
    {
        using (var file = new PendingFile(Path, 10_000))
        {
            Assert.Null(file.Append([Given("a"), new ConsentChange.Revoked("l", "b")]));
            Assert.Null(file.Append([Given("c")]));
        }

        using var again = new PendingFile(Path, 10_000);
        Assert.Equal([[Given("a"), new ConsentChange.Revoked("l", "b")], [Given("c")]], again.Batches);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path));
        again.Clear();
        Assert.Empty(again.Batches);
        Assert.Equal(0, new FileInfo(Path).Length);
    }

    // The node ended while it wrote the last batch, which was never told as kept.
    [Fact]
    public void Pending_LastBatchCutOff_TheOthersAreThereAndTheNextFollows()
    {
        long first;
        using (var file = new PendingFile(Path, 10_000))
        {
            file.Append([Given("a")]);
            first = new FileInfo(Path).Length;
            file.Append([Given("b")]);
        }

        var whole = File.ReadAllBytes(Path);
        for (var length = first; length < whole.Length; length++)
        {
            File.WriteAllBytes(Path, whole[..(int)length]);
            using (var file = new PendingFile(Path, 10_000))
            {
                Assert.Equal([[Given("a")]], file.Batches);
                file.Append([Given("c")]);
            }

            using var again = new PendingFile(Path, 10_000);
            Assert.Equal([[Given("a")], [Given("c")]], again.Batches);
        }
    }

    [Fact]
    public void Pending_AtTheLimit_IsTaken_AboveIt_IsRefused()
    {
        using (var file = new PendingFile(Path, 10_000))
        {
            file.Append([Given("a")]);
        }

        var one = new FileInfo(Path).Length;
        using var limited = new PendingFile(Path, 2 * one);
        Assert.Equal(RefusalReason.Full, limited.Append([Given("bb")])?.Reason);
        Assert.Null(limited.Append([Given("b")]));
        Assert.Equal(RefusalReason.Full, limited.Append([])?.Reason);
        Assert.Equal(2, limited.Batches.Count);
    }

    private string Path => folder.File("file");

    private static StoredDocument Document(string kind, string name, long version) => new(new DocumentKey(kind, name), version, "{\"a\":\"ü\"}", new Authorship("anna", When, "why"));

    private static ConsentChange.Given Given(string remote) => new(new Consent("l", remote, "p", When));
}
