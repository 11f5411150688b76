using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Tests.Consents;

/// <summary>What every <see cref="IOwnedConsents"/> does with the writes of owners. One class for each implementation says how one comes to own something.</summary>
public abstract class OwnedConsentsContract
{
    private static readonly DateTimeOffset When = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A new journal, which the test disposes.</summary>
    protected abstract Task<IOwnedConsents> CreateAsync();

    /// <summary>Somebody becomes the owner of a key, in the place of whoever was; with its token.</summary>
    protected abstract Task<Condition> OwnAsync(string key);

    [Fact]
    public async Task Append_ByTheOwner_IsMade()
    {
        var journal = await CreateAsync();
        Condition[] both = [await OwnAsync("shards/p/0001"), await OwnAsync("shards/p/0002")];

        Assert.Null(await journal.AppendAsync(Gives(1), both, default));
        Assert.Null(await journal.AppendAsync(Gives(2), both, default));

        Assert.Equal(2, await journal.ReadAllAsync(null, default).CountAsync());
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Append_ByAFormerOwner_IsRefusedAndChangesNothing()
    {
        var journal = await CreateAsync();
        var former = await OwnAsync("shards/p/0001");
        Assert.Null(await journal.AppendAsync(Gives(1), [former], default));
        var owner = await OwnAsync("shards/p/0001");
        Assert.Null(await journal.AppendAsync([new ConsentChange.Revoked("a@l", "000@r", When)], [owner], default));

        Assert.Equal(RefusalReason.Fenced, (await journal.AppendAsync(Gives(2), [former], default))?.Reason);

        Assert.Empty(await journal.ReadAllAsync(null, default).ToListAsync());
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Append_ByAFormerOwnerOfOneKeyOfTwo_IsRefused()
    {
        var journal = await CreateAsync();
        var (former, other) = (await OwnAsync("shards/p/0001"), await OwnAsync("shards/p/0002"));
        Assert.Null(await journal.AppendAsync(Gives(1), [await OwnAsync("shards/p/0001")], default));

        Assert.Equal(RefusalReason.Fenced, (await journal.AppendAsync(Gives(2), [other, former], default))?.Reason);

        Assert.Single(await journal.ReadAllAsync(null, default).ToListAsync());
        await CloseAsync(journal);
    }

    // More than a store makes at a time: it is refused whole.
    [Fact]
    public async Task Append_LargeBatchOfAFormerOwner_IsRefusedWhole()
    {
        var journal = await CreateAsync();
        var former = await OwnAsync("shards/p/0001");
        Assert.Null(await journal.AppendAsync(Gives(300), [former], default));
        Assert.Null(await journal.AppendAsync([new ConsentChange.Revoked("a@l", "000@r", When)], [await OwnAsync("shards/p/0001")], default));

        Assert.Equal(RefusalReason.Fenced, (await journal.AppendAsync(Gives(400), [former], default))?.Reason);

        Assert.Equal(299, await journal.ReadAllAsync(null, default).CountAsync());
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Append_AsManyKeysAsMayBeOwned_IsMade_OneMoreThrows()
    {
        var journal = await CreateAsync();
        var most = new List<Condition>();
        for (var i = 0; i < IOwnedConsents.MostKeys; i++)
        {
            most.Add(await OwnAsync($"shards/p/{i:D4}"));
        }

        Assert.Null(await journal.AppendAsync(Gives(1), most, default));
        most.Add(await OwnAsync("shards/p/one-more"));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await journal.AppendAsync(Gives(1), most, default));
        await CloseAsync(journal);
    }

    private static ConsentChange[] Gives(int count) => [.. Enumerable.Range(0, count).Select(i => new ConsentChange.Given(new Consent("a@l", $"{i:D3}@r", "p", When)))];

    private static async Task CloseAsync(IOwnedConsents journal) => await ((IAsyncDisposable)journal).DisposeAsync();
}
