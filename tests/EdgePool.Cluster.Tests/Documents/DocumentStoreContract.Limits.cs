using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Tests.Documents;

public abstract partial class DocumentStoreContract
{
    [Fact]
    public async Task History_AtMost_GivesTheNewest()
    {
        await using var store = await CreateAsync();
        var versions = await EditAsync(store, Alpha, 5);
        await EditAsync(store, Beta, 2);

        var history = await store.HistoryAsync(Alpha, 3, default);

        Assert.Equal(versions.TakeLast(3).Reverse(), history.Select(version => version.Version));
        Assert.Equal(["4", "3", "2"], history.Select(version => version.Body));
    }

    [Fact]
    public async Task Version_OfThePast_HasItsBodyAndAuthor()
    {
        await using var store = await CreateAsync();
        var first = await WrittenAsync(store, "anna", "new", new DocumentChange(Alpha, "1", 0));
        var when = clock.GetUtcNow();
        clock.Advance(TimeSpan.FromDays(1));
        var second = await WrittenAsync(store, "bert", "gone", new DocumentChange(Alpha, null, first));

        Assert.Equal(new DocumentVersion(Alpha, first, "1", new Authorship("anna", when, "new")), await store.VersionAsync(Alpha, first, default));
        Assert.Equal(new DocumentVersion(Alpha, second, null, new Authorship("bert", clock.GetUtcNow(), "gone")), await store.VersionAsync(Alpha, second, default));
        Assert.Null(await store.VersionAsync(Beta, first, default));
        Assert.Null(await store.VersionAsync(Alpha, second + 1, default));
    }

    [Fact]
    public async Task History_BeyondItsLimit_ForgetsTheOldest()
    {
        await using var store = await CreateAsync(StoreLimits.Default with { MaxVersions = 3 }, clock);
        var versions = await EditAsync(store, Alpha, 3);
        Assert.Equal(3, (await store.HistoryAsync(Alpha, 100, default)).Count);

        var fourth = await PutAsync(store, Alpha, "x", versions[^1]);

        Assert.Equal([fourth, versions[2], versions[1]], (await store.HistoryAsync(Alpha, 100, default)).Select(version => version.Version));
        Assert.Null(await store.VersionAsync(Alpha, versions[0], default));
    }

    [Fact]
    public async Task History_OfOneVersion_IsTheCurrentOne()
    {
        await using var store = await CreateAsync(StoreLimits.Default with { MaxVersions = 1 }, clock);
        var versions = await EditAsync(store, Alpha, 3);

        Assert.Equal(versions[^1], Assert.Single(await store.HistoryAsync(Alpha, 100, default)).Version);
    }

    [Fact]
    public async Task History_DefaultLimit_IsAThousandVersions()
    {
        await using var store = await CreateAsync();
        var versions = await EditAsync(store, Alpha, 1001);

        var history = await store.HistoryAsync(Alpha, int.MaxValue, default);

        Assert.Equal(versions.Skip(1).Reverse(), history.Select(version => version.Version));
    }

    // A reader that has not seen a deletion which the store has forgotten is told all there is.
    [Fact]
    public async Task Deleted_BeyondItsLimit_ForgetsTheLongestDeleted()
    {
        await using var store = await CreateAsync(StoreLimits.Default with { MaxDeleted = 2 }, clock);
        DocumentKey[] keys = [Alpha, Beta, new("Partner", "gamma.example"), new("Partner", "delta.example")];
        var made = await WrittenAsync(store, "", "", [.. keys.Select(key => new DocumentChange(key, "1", 0))]);
        var first = await PutAsync(store, keys[1], null, made);
        await PutAsync(store, keys[0], null, made);
        Assert.Equal(2, (await store.HistoryAsync(keys[1], 10, default)).Count);
        Assert.False((await FirstAsync(store.WatchAsync(made, default))).IsWhole);

        await PutAsync(store, keys[2], null, made);

        Assert.Empty(await store.HistoryAsync(keys[1], 10, default));
        Assert.Equal(2, (await store.HistoryAsync(keys[0], 10, default)).Count);
        var behind = await FirstAsync(store.WatchAsync(made, default));
        Assert.True(behind.IsWhole);
        Assert.Equal(keys[3], Assert.Single(behind.Changed).Key);
        var abreast = await FirstAsync(store.WatchAsync(first, default));
        Assert.False(abreast.IsWhole);
        Assert.Equal([keys[0], keys[2]], abreast.Changed.Select(version => version.Key));
        await PutAsync(store, keys[1], "again", 0);
    }

    [Fact]
    public async Task Deleted_MadeAnew_CountsNoMore()
    {
        await using var store = await CreateAsync(StoreLimits.Default with { MaxDeleted = 1 }, clock);
        for (var i = 0; i < 3; i++)
        {
            await PutAsync(store, Alpha, null, await PutAsync(store, Alpha, "1", 0));
        }

        await PutAsync(store, Beta, null, await PutAsync(store, Beta, "1", 0));

        Assert.Empty(await store.HistoryAsync(Alpha, 10, default));
        Assert.Equal(2, (await store.HistoryAsync(Beta, 10, default)).Count);
    }

    [Theory]
    [InlineData(64, 1024, 256 * 1024, null)]
    [InlineData(65, 1024, 10, RefusalReason.TooLarge)]
    [InlineData(64, 1025, 10, RefusalReason.TooLarge)]
    [InlineData(64, 1024, (256 * 1024) + 1, RefusalReason.TooLarge)]
    [InlineData(0, 1, 1, RefusalReason.Invalid)]
    [InlineData(1, 0, 1, RefusalReason.Invalid)]
    [InlineData(1, 1, 0, RefusalReason.Invalid)]
    public async Task Write_KindNameAndBody_HaveTheirLimits(int kind, int name, int body, RefusalReason? refused)
    {
        await using var store = await CreateAsync();
        // Half the letters have two bytes: the limits count bytes.
        var change = new DocumentChange(new(Text(kind), Text(name)), Text(body), 0);

        Assert.Equal(refused, Reason(await store.WriteAsync([change], "", "", default)));
        Assert.Equal(refused is null ? 1 : 0, (await store.ReadAsync(default)).Documents.Count(document => document.Body == change.Body));
    }

    [Theory]
    [InlineData(1024, 1024, null)]
    [InlineData(1025, 1, RefusalReason.TooLarge)]
    [InlineData(1, 1025, RefusalReason.TooLarge)]
    public async Task Write_WhoAndWhy_HaveTheirLimits(int who, int why, RefusalReason? refused)
    {
        await using var store = await CreateAsync();

        Assert.Equal(refused, Reason(await store.WriteAsync([new DocumentChange(Alpha, "1", 0)], Text(who), Text(why), default)));
    }

    // By code units: an attribute cannot carry such text.
    [Theory]
    [InlineData(0)]
    [InlineData(0x61, 0, 0x61)]
    [InlineData(0x61, 0xD800)]
    [InlineData(0xDC00, 0x61)]
    [InlineData(0xD800, 0xD800, 0xDC00)]
    [InlineData(0xD800, 0xDC00, 0xDC00)]
    public async Task Write_TextThatIsNotUnicode_IsRefusedWhereverItStands(params int[] units)
    {
        var text = string.Concat(units.Select(unit => (char)unit));
        await using var store = await CreateAsync();

        Assert.Equal(RefusalReason.Invalid, Reason(await store.WriteAsync([new DocumentChange(new(text, "n"), "1", 0)], "", "", default)));
        Assert.Equal(RefusalReason.Invalid, Reason(await store.WriteAsync([new DocumentChange(new("k", text), "1", 0)], "", "", default)));
        Assert.Equal(RefusalReason.Invalid, Reason(await store.WriteAsync([new DocumentChange(Alpha, text, 0)], "", "", default)));
        Assert.Equal(RefusalReason.Invalid, Reason(await store.WriteAsync([new DocumentChange(Alpha, "1", 0)], text, "", default)));
        Assert.Equal(RefusalReason.Invalid, Reason(await store.WriteAsync([new DocumentChange(Alpha, "1", 0)], "", text, default)));
        Assert.Equal(0, (await store.ReadAsync(default)).Revision);
    }

    [Fact]
    public async Task Write_SenselessChange_IsRefused()
    {
        await using var store = await CreateAsync();

        Assert.Equal(RefusalReason.Invalid, Reason(await store.WriteAsync([new DocumentChange(Alpha, null, 0)], "", "", default)));
        Assert.Equal(RefusalReason.Invalid, Reason(await store.WriteAsync([new DocumentChange(Alpha, "1", -1)], "", "", default)));
        Assert.Equal(
            RefusalReason.Invalid, Reason(await store.WriteAsync([new DocumentChange(Alpha, "1", 0), new DocumentChange(Alpha, "2", 0)], "", "", default)));
        Assert.Equal(0, (await store.ReadAsync(default)).Revision);
    }

    [Fact]
    public async Task Write_BatchOfTenThousand_IsTheLargest()
    {
        await using var store = await CreateAsync();
        DocumentChange[] changes = [.. Enumerable.Range(0, 10_001).Select(i => new DocumentChange(new("Partner", $"p{i}.example"), "{}", 0))];

        Assert.Equal(RefusalReason.TooLarge, Reason(await store.WriteAsync(changes, "", "", default)));
        Assert.Null(Reason(await store.WriteAsync(changes[..10_000], "", "", default)));
        Assert.Equal(10_000, (await store.ReadAsync(default)).Documents.Count);
    }

    [Fact]
    public async Task Write_BytesOfABatch_HaveTheirLimit()
    {
        await using var store = await CreateAsync(StoreLimits.Default with { MaxBatchBytes = 100 }, clock);
        var fits = new DocumentChange(Alpha, Text(50), 0);

        Assert.Equal(RefusalReason.TooLarge, Reason(await store.WriteAsync([fits, new DocumentChange(Beta, Text(51), 0)], "", "", default)));
        Assert.Null(Reason(await store.WriteAsync([fits, new DocumentChange(Beta, Text(50), 0)], "", "", default)));
    }

    [Fact]
    public async Task Write_StaleBatch_ListsAHundred()
    {
        await using var store = await CreateAsync();

        var outcome = await store.WriteAsync([.. Enumerable.Range(0, 101).Select(i => new DocumentChange(new("k", $"{i}"), "x", 1))], "", "", default);

        Assert.Equal(100, Assert.IsType<WriteOutcome.Stale>(outcome).Changes.Count);
    }

    [Fact]
    public async Task Write_FullStore_TakesChangesAndDeletesButNoNewDocument()
    {
        await using var store = await CreateAsync(StoreLimits.Default with { MaxDocuments = 2 }, clock);
        var gamma = new DocumentKey("Partner", "gamma.example");
        Assert.Equal(RefusalReason.Full, Reason(await store.WriteAsync(
            [new DocumentChange(Alpha, "1", 0), new DocumentChange(Beta, "1", 0), new DocumentChange(gamma, "1", 0)], "", "", default)));
        var made = await WrittenAsync(store, "", "", new DocumentChange(Alpha, "1", 0), new DocumentChange(Beta, "1", 0));

        Assert.Equal(RefusalReason.Full, Reason(await store.WriteAsync([new DocumentChange(gamma, "1", 0)], "", "", default)));
        var changed = await PutAsync(store, Alpha, "2", made);
        await WrittenAsync(store, "", "", new DocumentChange(gamma, "1", 0), new DocumentChange(Alpha, null, changed));
        Assert.Equal(RefusalReason.Full, Reason(await store.WriteAsync([new DocumentChange(Alpha, "1", 0)], "", "", default)));
    }

    [Fact]
    public void Limits_Default_AreThoseThatAreDocumented()
        => Assert.Equal((1_000_000, 100_000, 2_000_000, 64 * 1024 * 1024), (
            StoreLimits.Default.MaxDocuments, StoreLimits.Default.MaxDeleted, StoreLimits.Default.MaxConsents, StoreLimits.Default.MaxBatchBytes));

    private static string Text(int bytes) => string.Concat(Enumerable.Repeat("éxx", bytes / 4)) + new string('x', bytes % 4);

    private static RefusalReason? Reason(WriteOutcome outcome)
    {
        Assert.True(outcome is WriteOutcome.Written or WriteOutcome.Refused);
        return (outcome as WriteOutcome.Refused)?.Why.Reason;
    }

    private static async Task<List<long>> EditAsync(IDocumentStore store, DocumentKey key, int times)
    {
        var versions = new List<long>();
        for (var i = 0; i < times; i++)
        {
            versions.Add(await PutAsync(store, key, $"{i}", i == 0 ? 0 : versions[^1]));
        }

        return versions;
    }
}
