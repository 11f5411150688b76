using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Migration;

namespace EdgePool.Interop.Tests.Etcd;

/// <summary>A node that stood alone becomes a pool.</summary>
public sealed class EtcdMigrationTests(OneEtcd etcd) : IClassFixture<OneEtcd>, IAsyncLifetime
{
    private static readonly DocumentKey Alpha = new("Partner", "alpha.example");
    private static readonly DocumentKey Beta = new("Partner", "beta.example");
    private static readonly DocumentKey Gone = new("Partner", "gone.example");
    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-migration-").FullName;
    private EmbeddedStore from = null!;
    private EtcdStore to = null!;

    public async ValueTask InitializeAsync()
    {
        var limits = StoreLimits.Default with { MaxDeleted = 1 };
        from = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path.Combine(folder, "store.db"), Limits = limits }, TimeProvider.System);
        to = new EtcdStore(new EtcdStoreOptions { Etcd = etcd.Servers.NewDeployment(), Limits = limits }, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await (to?.DisposeAsync() ?? default);
        await from.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Run_StoreWithHistoryAndConsents_IsTheSameInThePool()
    {
        await FillAsync(500);
        var told = new List<MigrationProgress>();

        var outcome = await StoreMigration.RunAsync(from, to, new Teller(told.Add), default);

        Assert.Equal((504, 502, 5_000, false), ((int)outcome.Revision, outcome.Documents, outcome.Consents, outcome.ConsentsLeft));
        Assert.Equal(504, outcome.Versions);
        Assert.Contains(new MigrationProgress("documents", 502, 502), told);
        Assert.Equal(new MigrationProgress("consents", 5_000, 5_000), told[^1]);
        await SameAsync();
    }

    [Fact]
    public async Task Run_Again_ChangesNothingAndLeavesWhatThePoolHasEditedSince()
    {
        await FillAsync(3);
        await StoreMigration.RunAsync(from, to, null, default);
        var again = await StoreMigration.RunAsync(from, to, null, default);
        Assert.Equal((0, 0, false), (again.Documents, again.Versions, again.ConsentsLeft));
        await SameAsync();
        var edited = await WriteAsync(to, Alpha, "{\"in\":\"pool\"}", await VersionAsync(to, Alpha));
        await to.AppendAsync([new ConsentChange.Revoked("u@l", "r00001@r")], default);

        var third = await StoreMigration.RunAsync(from, to, null, default);

        Assert.Equal((0, true), (third.Documents, third.ConsentsLeft));
        Assert.Equal(edited, await VersionAsync(to, Alpha));
        Assert.Equal(4_999, await to.ReadAllAsync(null, default).CountAsync());
    }

    [Fact]
    public async Task Run_AfterFurtherEditsOfTheEmbeddedStore_CarriesThemOver()
    {
        await FillAsync(3);
        await StoreMigration.RunAsync(from, to, null, default);
        await WriteAsync(from, Alpha, "{\"later\":1}", await VersionAsync(from, Alpha));
        await WriteAsync(from, Beta, null, await VersionAsync(from, Beta));
        await from.AppendAsync([new ConsentChange.Revoked("u@l", "r00002@r"), Give(9_000)], default);

        var outcome = await StoreMigration.RunAsync(from, to, null, default);

        Assert.Equal((2, 2, false), (outcome.Documents, outcome.Versions, outcome.ConsentsLeft));
        Assert.Empty(await to.HistoryAsync(Gone, 10, default));
        await SameAsync();
    }

    [Fact]
    public async Task Run_BothEdited_IsRefusedAndChangesNothing()
    {
        await FillAsync(3);
        await StoreMigration.RunAsync(from, to, null, default);
        var edited = await WriteAsync(to, Alpha, "{\"in\":\"pool\"}", await VersionAsync(to, Alpha));
        await WriteAsync(from, Alpha, "{\"in\":\"node\"}", await VersionAsync(from, Alpha));

        var fault = await Assert.ThrowsAsync<StoreException>(() => StoreMigration.RunAsync(from, to, null, default));

        Assert.Equal(StoreFault.Foreign, fault.Fault);
        Assert.Contains("edited", fault.Message, StringComparison.Ordinal);
        Assert.Equal(edited, await VersionAsync(to, Alpha));
    }

    [Fact]
    public async Task Run_PoolOfAnotherStore_IsRefused()
    {
        await FillAsync(3);
        var path = Path.Combine(folder, "other.db");
        await using var other = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = path }, TimeProvider.System);
        await WriteAsync(other, Alpha, "{}", 0);
        await StoreMigration.RunAsync(other, to, null, default);

        var fault = await Assert.ThrowsAsync<StoreException>(() => StoreMigration.RunAsync(from, to, null, default));

        Assert.Contains("another store", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_PoolWithDocumentsOfItsOwn_IsRefused()
    {
        await WriteAsync(to, Alpha, "{}", 0);
        await FillAsync(3);

        var fault = await Assert.ThrowsAsync<StoreException>(() => StoreMigration.RunAsync(from, to, null, default));

        Assert.Contains("of its own", fault.Message, StringComparison.Ordinal);
    }

    private static ConsentChange Give(int number) => new ConsentChange.Given(new Consent("u@l", $"r{number:D5}@r", number % 2 == 0 ? "even" : "odd", DateTimeOffset.UnixEpoch.AddSeconds(number)));

    private static async Task<long> VersionAsync(IDocumentStore store, DocumentKey key)
        => (await store.ReadAsync(default)).Documents.Single(d => d.Key == key).Version;

    private static async Task<long> WriteAsync(IDocumentStore store, DocumentKey key, string? body, long expected)
        => Assert.IsType<WriteOutcome.Written>(await store.WriteAsync([new DocumentChange(key, body, expected)], "anna", "test", default)).Revision;

    // Three of them with a history, and one deleted; so many revisions, one more for each of the others.
    private async Task FillAsync(int others)
    {
        var first = await WriteAsync(from, Gone, "{}", 0);
        await WriteAsync(from, Gone, null, first);
        await WriteAsync(from, Alpha, "{\"a\":2}", await WriteAsync(from, Alpha, "{\"a\":1}", 0));
        for (var i = 1; i < others; i++)
        {
            await WriteAsync(from, i == 1 ? Beta : new DocumentKey("Partner", $"p{i}.example"), new string('x', 3_000), 0);
        }

        await WriteAsync(from, new DocumentKey("Topology", "main"), "{}", 0);
        Assert.Null(await from.AppendAsync([.. Enumerable.Range(0, 5_000).Select(Give)], default));
    }

    private async Task SameAsync()
    {
        var (here, there) = (await from.ReadAsync(default), await to.ReadAsync(default));
        Assert.Equal(here.Revision, there.Revision);
        Assert.Equal(here.Documents, there.Documents);
        foreach (var key in here.Documents.Select(d => d.Key).Append(Gone))
        {
            Assert.Equal(await from.HistoryAsync(key, 100, default), await to.HistoryAsync(key, 100, default));
        }

        Assert.Equal(await from.ReadAllAsync(null, default).ToListAsync(), await to.ReadAllAsync(null, default).ToListAsync());
    }

    private sealed class Teller(Action<MigrationProgress> tell) : IProgress<MigrationProgress>
    {
        public void Report(MigrationProgress value) => tell(value);
    }
}
