using EdgePool.Cluster.Documents;
using EdgePool.Testing.Time;

namespace EdgePool.Cluster.Tests.Documents;

/// <summary>What every <see cref="IDocumentStore"/> does. One class for each implementation says how a store is made; the parts are in further files.</summary>
public abstract partial class DocumentStoreContract
{
    private static readonly DocumentKey Alpha = new("Partner", "alpha.example");
    private static readonly DocumentKey Beta = new("Partner", "beta.example");

    private readonly VirtualTimeProvider clock = new();

    /// <summary>An empty store, which the test disposes.</summary>
    protected abstract Task<IDocumentStore> CreateAsync(StoreLimits limits, TimeProvider time);

    [Fact]
    public async Task Store_New_IsEmptyAtRevisionZero()
    {
        await using var store = await CreateAsync();

        var set = await store.ReadAsync(default);

        Assert.Equal(0, set.Revision);
        Assert.Empty(set.Documents);
        Assert.Empty(await store.HistoryAsync(Alpha, 10, default));
        Assert.Null(await store.VersionAsync(Alpha, 1, default));
    }

    [Fact]
    public async Task Write_NewDocument_IsReadWithVersionAndAuthor()
    {
        await using var store = await CreateAsync();

        var revision = await WrittenAsync(store, "anna", "first partner", new DocumentChange(Alpha, "{\"a\":1}", 0));

        Assert.True(revision > 0);
        var set = await store.ReadAsync(default);
        Assert.Equal(revision, set.Revision);
        Assert.Equal([new StoredDocument(Alpha, revision, "{\"a\":1}", new Authorship("anna", clock.GetUtcNow(), "first partner"))], set.Documents);
    }

    [Fact]
    public async Task Write_CurrentVersion_ReplacesBodyAndAuthor()
    {
        await using var store = await CreateAsync();
        var first = await WrittenAsync(store, "anna", "", new DocumentChange(Alpha, "1", 0));
        clock.Advance(TimeSpan.FromMilliseconds(1500));

        var second = await WrittenAsync(store, "bert", "why not", new DocumentChange(Alpha, "2", first));

        Assert.True(second > first);
        var document = Assert.Single((await store.ReadAsync(default)).Documents);
        Assert.Equal(new StoredDocument(Alpha, second, "2", new Authorship("bert", clock.GetUtcNow(), "why not")), document);
    }

    [Fact]
    public async Task Write_OldVersion_IsStaleWithTheCurrentDocument()
    {
        await using var store = await CreateAsync();
        var first = await PutAsync(store, Alpha, "1", 0);
        var second = await PutAsync(store, Alpha, "2", first);
        var change = new DocumentChange(Alpha, "3", first);

        var stale = Assert.IsType<WriteOutcome.Stale>(await store.WriteAsync([change], "", "", default));

        var one = Assert.Single(stale.Changes);
        Assert.Equal(change, one.Change);
        Assert.Equal((second, "2"), (one.Current!.Version, one.Current.Body));
        Assert.Equal(second, (await store.ReadAsync(default)).Revision);
    }

    [Fact]
    public async Task Write_DocumentThatMustNotExist_IsStaleWhereItDoes()
    {
        await using var store = await CreateAsync();
        var version = await PutAsync(store, Alpha, "1", 0);

        var stale = Assert.IsType<WriteOutcome.Stale>(await store.WriteAsync([new DocumentChange(Alpha, "2", 0)], "", "", default));

        Assert.Equal(version, Assert.Single(stale.Changes).Current!.Version);
    }

    [Theory]
    [InlineData("new body")]
    [InlineData(null)]
    public async Task Write_VersionOfNoDocument_IsStaleWithoutCurrent(string? body)
    {
        await using var store = await CreateAsync();

        var stale = Assert.IsType<WriteOutcome.Stale>(await store.WriteAsync([new DocumentChange(Alpha, body, 7)], "", "", default));

        Assert.Null(Assert.Single(stale.Changes).Current);
    }

    [Fact]
    public async Task Write_Batch_HasOneRevision()
    {
        await using var store = await CreateAsync();
        var first = await PutAsync(store, Alpha, "1", 0);

        var revision = await WrittenAsync(store, "", "", new DocumentChange(Beta, "b", 0), new DocumentChange(Alpha, "2", first));

        var set = await store.ReadAsync(default);
        Assert.Equal(revision, set.Revision);
        Assert.All(set.Documents, document => Assert.Equal(revision, document.Version));
        Assert.Equal([Alpha, Beta], set.Documents.Select(document => document.Key));
    }

    [Fact]
    public async Task Write_BatchWithOneStaleChange_ChangesNothing()
    {
        await using var store = await CreateAsync();
        var first = await PutAsync(store, Alpha, "1", 0);
        var before = await store.ReadAsync(default);

        var outcome = await store.WriteAsync(
            [new DocumentChange(Beta, "b", 0), new DocumentChange(Alpha, "2", first + 1), new DocumentChange(new("Topology", "main"), null, 9)], "", "", default);

        Assert.Equal([Alpha, new("Topology", "main")], Assert.IsType<WriteOutcome.Stale>(outcome).Changes.Select(change => change.Change.Key));
        var after = await store.ReadAsync(default);
        Assert.Equal(before.Revision, after.Revision);
        Assert.Equal(before.Documents, after.Documents);
    }

    [Fact]
    public async Task Write_EmptyBatch_LeavesTheRevision()
    {
        await using var store = await CreateAsync();
        var revision = await PutAsync(store, Alpha, "1", 0);

        Assert.Equal(new WriteOutcome.Written(revision), await store.WriteAsync([], "", "", default));
    }

    [Fact]
    public async Task Write_Delete_TakesTheDocumentAway()
    {
        await using var store = await CreateAsync();
        var first = await PutAsync(store, Alpha, "1", 0);

        var revision = await PutAsync(store, Alpha, null, first);

        var set = await store.ReadAsync(default);
        Assert.Equal(revision, set.Revision);
        Assert.Empty(set.Documents);
    }

    [Fact]
    public async Task Write_DeletedDocument_IsMadeAnewAndKeepsItsHistory()
    {
        await using var store = await CreateAsync();
        var first = await PutAsync(store, Alpha, "1", 0);
        var deleted = await PutAsync(store, Alpha, null, first);
        Assert.IsType<WriteOutcome.Stale>(await store.WriteAsync([new DocumentChange(Alpha, "2", deleted)], "", "", default));

        var again = await PutAsync(store, Alpha, "2", 0);

        Assert.Equal((again, "2"), Assert.Single((await store.ReadAsync(default)).Documents) is var one ? (one.Version, one.Body) : default);
        var history = await store.HistoryAsync(Alpha, 10, default);
        Assert.Equal([(again, "2"), (deleted, null), (first, "1")], history.Select(version => (version.Version, version.Body)));
    }

    // Names are compared by code units: what looks alike or is equal after folding is another document.
    [Theory]
    [InlineData("bücher.example")]
    [InlineData("пример.испытание")]
    [InlineData("例え.テスト")]
    [InlineData("𝔘𝔫𝔦/🙂 %_'\"\\;--")]
    [InlineData("line\nbreak")]
    [InlineData("\uFFFD\uFFFF\uE000")]
    public async Task Write_UnicodeName_ComesBackAsItIs(string name)
    {
        await using var store = await CreateAsync();
        var key = new DocumentKey("Ärt", name);

        var version = await PutAsync(store, key, $"{{\"name\":\"{name}\"}}", 0);

        Assert.Equal(key, Assert.Single((await store.ReadAsync(default)).Documents).Key);
        Assert.Equal($"{{\"name\":\"{name}\"}}", (await store.VersionAsync(key, version, default))!.Body);
    }

    [Fact]
    public async Task Write_NamesThatFoldAlike_AreDifferentDocuments()
    {
        await using var store = await CreateAsync();
        DocumentKey[] keys = [new("p", "é"), new("p", "e\u0301"), new("p", "É"), new("P", "é"), new("p", "é "), new("pé", "x"), new("p", "éx")];

        await WrittenAsync(store, "", "", [.. keys.Select(key => new DocumentChange(key, key.ToString(), 0))]);

        var read = (await store.ReadAsync(default)).Documents;
        Assert.Equal(keys.ToHashSet(), read.Select(document => document.Key).ToHashSet());
        Assert.All(read, document => Assert.Equal(document.Key.ToString(), document.Body));
    }

    [Fact]
    public async Task Read_SeveralDocuments_AreInTheOrderOfTheirBytes()
    {
        await using var store = await CreateAsync();
        // U+10000 is above U+FFFF in UTF-8, below it in UTF-16.
        DocumentKey[] ordered = [new("B", "z"), new("a", "B"), new("a", "a"), new("a", "ä"), new("a", "\uFFFF"), new("a", "\U00010000")];

        await WrittenAsync(store, "", "", [.. ordered.Reverse().Select(key => new DocumentChange(key, "x", 0))]);

        Assert.Equal(ordered, (await store.ReadAsync(default)).Documents.Select(document => document.Key));
    }

    [Fact]
    public async Task Write_CancelledBefore_ThrowsAndChangesNothing()
    {
        await using var store = await CreateAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await store.WriteAsync([new DocumentChange(Alpha, "1", 0)], "", "", new CancellationToken(canceled: true)));

        Assert.Empty((await store.ReadAsync(default)).Documents);
    }

    [Fact]
    public async Task Store_Disposed_SaysSo()
    {
        var store = await CreateAsync();
        await store.DisposeAsync();
        await store.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.ReadAsync(default));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.WriteAsync([new DocumentChange(Alpha, "1", 0)], "", "", default));
    }

    private static Task<long> PutAsync(IDocumentStore store, DocumentKey key, string? body, long expected)
        => WrittenAsync(store, "test", "", new DocumentChange(key, body, expected));

    private static async Task<long> WrittenAsync(IDocumentStore store, string who, string why, params DocumentChange[] changes)
        => Assert.IsType<WriteOutcome.Written>(await store.WriteAsync(changes, who, why, default)).Revision;

    private Task<IDocumentStore> CreateAsync() => CreateAsync(StoreLimits.Default, clock);
}
