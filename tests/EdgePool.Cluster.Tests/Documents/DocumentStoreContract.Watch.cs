using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Tests.Documents;

public abstract partial class DocumentStoreContract
{
    [Fact]
    public async Task Watch_Writes_YieldsEachAfterTheOther()
    {
        await using var store = await CreateAsync();
        await using var watch = store.WatchAsync(0, default).GetAsyncEnumerator();
        var waiting = watch.MoveNextAsync();
        Assert.False(waiting.IsCompleted);

        var first = await PutAsync(store, Alpha, "1", 0);
        Assert.True(await waiting);
        var one = watch.Current;
        Assert.Equal((0, first, true), (one.After, one.Revision, one.IsWhole));
        Assert.Equal((Alpha, first, "1"), Assert.Single(one.Changed) is var made ? (made.Key, made.Version, made.Body) : default);

        var second = await PutAsync(store, Alpha, null, first);
        Assert.True(await watch.MoveNextAsync());
        var two = watch.Current;
        Assert.Equal((first, second, false), (two.After, two.Revision, two.IsWhole));
        Assert.Equal((Alpha, second, null), Assert.Single(two.Changed) is var gone ? (gone.Key, gone.Version, gone.Body) : default);
    }

    [Fact]
    public async Task Watch_StartingBehind_LeadsToTheNewestAtOnce()
    {
        await using var store = await CreateAsync();
        var first = await WrittenAsync(store, "", "", new DocumentChange(Alpha, "1", 0), new DocumentChange(Beta, "1", 0), new DocumentChange(new("T", "t"), "1", 0));
        var second = await PutAsync(store, Alpha, "2", first);
        var third = await PutAsync(store, Beta, null, first);
        var fourth = await PutAsync(store, Alpha, "4", second);

        var update = await FirstAsync(store.WatchAsync(first, default));

        Assert.Equal((first, fourth, false), (update.After, update.Revision, update.IsWhole));
        Assert.Equal([(Beta, third, null), (Alpha, fourth, "4")], update.Changed.Select(version => (version.Key, version.Version, version.Body)));
    }

    [Fact]
    public async Task Watch_FromNothing_IsWholeWithoutDeletions()
    {
        await using var store = await CreateAsync();
        var first = await PutAsync(store, Alpha, "1", 0);
        var second = await PutAsync(store, Beta, "1", 0);
        var third = await PutAsync(store, Alpha, null, first);

        var update = await FirstAsync(store.WatchAsync(0, default));

        Assert.Equal((third, true), (update.Revision, update.IsWhole));
        Assert.Equal((Beta, second), Assert.Single(update.Changed) is var one ? (one.Key, one.Version) : default);
    }

    [Fact]
    public async Task Watch_AtTheNewest_WaitsForTheNext()
    {
        await using var store = await CreateAsync();
        var first = await PutAsync(store, Alpha, "1", 0);
        var next = FirstAsync(store.WatchAsync(first, default));
        Assert.IsType<WriteOutcome.Stale>(await store.WriteAsync([new DocumentChange(Alpha, "2", 0)], "", "", default));
        await store.WriteAsync([], "", "", default);
        Assert.False(next.IsCompleted);

        var second = await PutAsync(store, Alpha, "2", first);

        Assert.Equal(second, (await next).Revision);
    }

    [Fact]
    public async Task Watch_Cancelled_Throws()
    {
        await using var store = await CreateAsync();
        using var cancellation = new CancellationTokenSource();
        var next = FirstAsync(store.WatchAsync(0, cancellation.Token));

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public async Task Watch_StoreDisposed_Ends()
    {
        var store = await CreateAsync();
        await using var watch = store.WatchAsync(0, default).GetAsyncEnumerator();
        var next = watch.MoveNextAsync();

        await store.DisposeAsync();

        Assert.False(await next);
    }

    // Whoever follows a store with its own copy has at each revision what the store had: no half batch, no step back, and the newest in the end.
    [Fact]
    public async Task Watch_ConcurrentWriters_EveryReaderGoesForwardToTheNewest()
    {
        await using var store = await CreateAsync();
        const int Writers = 4;
        const int Batches = 50;
        using var ended = new CancellationTokenSource();
        var last = new TaskCompletionSource<long>();
        var readers = Enumerable.Range(0, 3).Select(_ => FollowAsync(store, last.Task)).ToArray();

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteManyAsync(store, writer, Batches)));
        last.SetResult((await store.ReadAsync(default)).Revision);

        var expected = (await store.ReadAsync(default)).Documents.ToDictionary(document => document.Key, document => document.Version);
        Assert.Equal(Writers * 2, expected.Count);
        Assert.All(await Task.WhenAll(readers), copy => Assert.Equal(expected, copy));
    }

    // All writers contend for one document too: each batch of them takes its turn there.
    [Fact]
    public async Task Write_ConcurrentWritersOfOneDocument_NoneOverwritesUnseen()
    {
        await using var store = await CreateAsync();
        await PutAsync(store, Alpha, "0", 0);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => CountUpAsync(store, 25))));

        Assert.Equal("200", Assert.Single((await store.ReadAsync(default)).Documents).Body);
        var history = await store.HistoryAsync(Alpha, 1000, default);
        Assert.Equal(Enumerable.Range(0, 201).Reverse().Select(count => $"{count}"), history.Select(version => version.Body));
    }

    private static async Task CountUpAsync(IDocumentStore store, int times)
    {
        var seen = (await store.ReadAsync(default)).Documents[0];
        while (times > 0)
        {
            var count = int.Parse(seen.Body, System.Globalization.CultureInfo.InvariantCulture) + 1;
            switch (await store.WriteAsync([new DocumentChange(Alpha, $"{count}", seen.Version)], "", "", default))
            {
                case WriteOutcome.Written written:
                    seen = seen with { Version = written.Revision, Body = $"{count}" };
                    times--;
                    break;
                case WriteOutcome.Stale stale:
                    seen = stale.Changes[0].Current!;
                    break;
                default:
                    Assert.Fail("neither written nor stale");
                    break;
            }
        }
    }

    private static async Task WriteManyAsync(IDocumentStore store, int writer, int batches)
    {
        var expected = 0L;
        for (var i = 0; i < batches; i++)
        {
            expected = await WrittenAsync(
                store, "", "", new DocumentChange(new($"{writer}", "left"), $"{i}", expected), new DocumentChange(new($"{writer}", "right"), $"{i}", expected));
        }
    }

    private static async Task<Dictionary<DocumentKey, long>> FollowAsync(IDocumentStore store, Task<long> last)
    {
        var copy = new Dictionary<DocumentKey, DocumentVersion>();
        var revision = 0L;
        await foreach (var update in store.WatchAsync(0, default))
        {
            Assert.Equal(revision, update.After);
            Assert.True(update.Revision > revision);
            revision = update.Revision;
            foreach (var version in update.Changed)
            {
                Assert.True(version.Version > update.After && version.Version <= revision);
                copy[version.Key] = version;
            }

            Assert.All(copy.Values, version => Assert.Equal(version.Body, copy[version.Key with { Name = "left" }].Body));
            if (copy.Values.All(version => version.Body is "49") && revision == await last)
            {
                break;
            }
        }

        return copy.Values.ToDictionary(version => version.Key, version => version.Version);
    }

    private static async Task<DocumentUpdate> FirstAsync(IAsyncEnumerable<DocumentUpdate> updates)
    {
        await foreach (var update in updates)
        {
            return update;
        }

        throw new InvalidOperationException("the watch ended");
    }
}
