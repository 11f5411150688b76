using EdgePool.Cluster.Coordination;

namespace EdgePool.Cluster.Tests.Coordination;

/// <summary>What every <see cref="ICoordinator"/> does. One class for each implementation says how one is made and how its time passes.</summary>
public abstract class CoordinatorContract
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(2);

    /// <summary>An empty coordinator, which the test disposes.</summary>
    protected abstract Task<ICoordinator> CreateAsync();

    /// <summary>Lets time pass until a lease of <paramref name="timeToLive"/> that was not kept alive since must be gone, and not much longer.</summary>
    protected abstract Task ExpireAsync(TimeSpan timeToLive);

    [Fact]
    public async Task Read_NewStore_IsEmpty()
    {
        await using var store = await CreateAsync();

        Assert.Empty((await store.ReadAsync("", default)).Keys);
    }

    [Fact]
    public async Task Commit_AbsentKey_IsMadeOnce()
    {
        await using var store = await CreateAsync();

        var first = await store.CommitAsync([Condition.Absent("a")], [Put("a", 1)], default);
        var second = await store.CommitAsync([Condition.Absent("a")], [Put("a", 2)], default);

        Assert.NotNull(first);
        Assert.Null(second);
        var record = (await store.ReadAsync("", default)).Keys["a"];
        Assert.Equal((1, first.Value, first.Value, 0L), (record.Value.Span[0], record.Created, record.Changed, record.Lease));
    }

    [Fact]
    public async Task Commit_Rewrite_KeepsCreatedAndRaisesChanged()
    {
        await using var store = await CreateAsync();
        var made = await store.CommitAsync([], [Put("a", 1)], default);

        var written = await store.CommitAsync([Condition.ChangedAt("a", made!.Value)], [Put("a", 2)], default);

        Assert.True(written > made);
        var record = (await store.ReadAsync("", default)).Keys["a"];
        Assert.Equal((2, made.Value, written!.Value), (record.Value.Span[0], record.Created, record.Changed));
        Assert.Null(await store.CommitAsync([Condition.ChangedAt("a", made.Value)], [Put("a", 3)], default));
    }

    [Fact]
    public async Task Commit_SeveralChanges_AllOrNone()
    {
        await using var store = await CreateAsync();
        await store.CommitAsync([], [Put("a", 1)], default);

        Assert.Null(await store.CommitAsync([Condition.Absent("b"), Condition.Absent("a")], [Put("b", 1), Put("c", 1)], default));
        Assert.Equal(["a"], (await store.ReadAsync("", default)).Keys.Keys);
        var revision = await store.CommitAsync([Condition.Absent("b")], [Put("b", 1), Put("c", 1), new KeyChange("a", null)], default);

        var set = await store.ReadAsync("", default);
        Assert.Equal(["b", "c"], set.Keys.Keys);
        Assert.All(set.Keys.Values, k => Assert.Equal(revision, k.Changed));
        Assert.True(set.Revision >= revision);
    }

    [Fact]
    public async Task Commit_KeyMadeAgain_HasAHigherToken()
    {
        await using var store = await CreateAsync();
        var first = await store.CommitAsync([Condition.Absent("owner")], [Put("owner", 1)], default);
        await store.CommitAsync([], [new KeyChange("owner", null)], default);

        var second = await store.CommitAsync([Condition.Absent("owner")], [Put("owner", 2)], default);

        Assert.True(second > first);
        Assert.Null(await store.CommitAsync([Condition.CreatedAt("owner", first!.Value)], [Put("data", 1)], default));
        Assert.NotNull(await store.CommitAsync([Condition.CreatedAt("owner", second!.Value)], [Put("data", 2)], default));
    }

    [Fact]
    public async Task Commit_DeleteOfWhatIsNotThere_IsMade()
    {
        await using var store = await CreateAsync();

        Assert.NotNull(await store.CommitAsync([], [new KeyChange("a", null)], default));
    }

    [Fact]
    public async Task Commit_EmptyValue_IsAValue()
    {
        await using var store = await CreateAsync();

        await store.CommitAsync([], [new KeyChange("a", Array.Empty<byte>())], default);

        Assert.True((await store.ReadAsync("a", default)).Keys["a"].Value.IsEmpty);
    }

    [Fact]
    public async Task Commit_AtTheLimits_IsMade_AboveThem_Throws()
    {
        await using var store = await CreateAsync();
        var key = new string('k', CoordinationLimits.MaxKeyBytes);
        KeyChange[] most = [.. Enumerable.Range(0, CoordinationLimits.MaxChanges).Select(i => Put($"m{i:000}", 1))];

        Assert.NotNull(await store.CommitAsync([], [new KeyChange(key, new byte[CoordinationLimits.MaxValueBytes])], default));
        Assert.NotNull(await store.CommitAsync([], most, default));

        await ThrowsAsync([], [new KeyChange(key + "k", new byte[1])]);
        await ThrowsAsync([], [new KeyChange("a", new byte[CoordinationLimits.MaxValueBytes + 1])]);
        await ThrowsAsync([], [.. most, Put("m", 1)]);
        await ThrowsAsync([], []);
        await ThrowsAsync([], [Put("a", 1), Put("a", 2)]);
        await ThrowsAsync([], [Put("", 1)]);
        await ThrowsAsync([Condition.Absent("a"), Condition.CreatedAt("a", 1)], [Put("a", 1)]);

        async Task ThrowsAsync(Condition[] conditions, KeyChange[] changes)
            => await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.CommitAsync(conditions, changes, default));
    }

    [Fact]
    public async Task Read_Prefix_IsOrdinalAndExact()
    {
        await using var store = await CreateAsync();
        await store.CommitAsync([], [Put("p/", 1), Put("p/a", 1), Put("p/ü", 1), Put("p", 1), Put("q/a", 1), Put("P/a", 1)], default);

        Assert.Equal(["p/", "p/a", "p/ü"], (await store.ReadAsync("p/", default)).Keys.Keys);
        Assert.Equal(6, (await store.ReadAsync("", default)).Keys.Count);
    }

    [Fact]
    public async Task Lease_NotKeptAlive_TakesItsKeysWithIt()
    {
        await using var store = await CreateAsync();
        var lease = await store.GrantAsync(Short, default);
        Assert.NotNull(await store.CommitAsync([Condition.Absent("a")], [Put("a", 1, lease), Put("b", 1)], default));
        Assert.Equal(lease, (await store.ReadAsync("a", default)).Keys["a"].Lease);

        await ExpireAsync(Short);

        Assert.Equal(["b"], (await store.ReadAsync("", default)).Keys.Keys);
        Assert.False(await store.KeepAliveAsync(lease, default));
        Assert.Null(await store.CommitAsync([], [Put("a", 1, lease)], default));
    }

    [Fact]
    public async Task Lease_KeptAlive_Stands()
    {
        await using var store = await CreateAsync();
        var lease = await store.GrantAsync(Short, default);
        var other = await store.GrantAsync(Short * 20, default);
        await store.CommitAsync([], [Put("a", 1, lease)], default);
        Assert.True(await store.KeepAliveAsync(lease, default));
        await store.CommitAsync([], [Put("b", 1, other)], default);

        await ExpireAsync(Short);

        Assert.Equal(["b"], (await store.ReadAsync("", default)).Keys.Keys);
        Assert.True(await store.KeepAliveAsync(other, default));
    }

    [Fact]
    public async Task Lease_NotKeptAlive_TellsItsSilence_KeptAlive_TellsNone()
    {
        await using var store = await CreateAsync();
        var lease = await store.GrantAsync(Short * 20, default);
        var first = await store.SilenceAsync(lease, default);

        await ExpireAsync(Short);
        var silence = await store.SilenceAsync(lease, default);
        await store.KeepAliveAsync(lease, default);
        var after = await store.SilenceAsync(lease, default);
        await store.RevokeAsync(lease, default);

        Assert.True(first < Short && silence > first && silence <= Short * 5, $"{first}, {silence}");
        Assert.True(after < silence, $"{after} after {silence}");
        Assert.Null(await store.SilenceAsync(lease, default));
    }

    [Fact]
    public async Task Lease_Revoked_TakesItsKeysAtOnce()
    {
        await using var store = await CreateAsync();
        var lease = await store.GrantAsync(Short * 20, default);
        await store.CommitAsync([], [Put("a", 1, lease)], default);

        await store.RevokeAsync(lease, default);
        await store.RevokeAsync(lease, default);

        Assert.Empty((await store.ReadAsync("", default)).Keys);
        Assert.False(await store.KeepAliveAsync(lease, default));
    }

    [Fact]
    public async Task Lease_KeyWrittenWithoutIt_StaysWhenItGoes()
    {
        await using var store = await CreateAsync();
        var lease = await store.GrantAsync(Short * 20, default);
        await store.CommitAsync([], [Put("a", 1, lease)], default);
        await store.CommitAsync([], [Put("a", 2)], default);

        await store.RevokeAsync(lease, default);

        Assert.Equal(2, (await store.ReadAsync("a", default)).Keys["a"].Value.Span[0]);
    }

    [Fact]
    public async Task Owner_WhoseLeaseHasExpired_IsFencedOff()
    {
        await using var store = await CreateAsync();
        var old = await store.GrantAsync(Short, default);
        var token = await store.CommitAsync([Condition.Absent("owner")], [Put("owner", 1, old)], default);
        await ExpireAsync(Short);
        var next = await store.GrantAsync(Short * 20, default);
        var second = await store.CommitAsync([Condition.Absent("owner")], [Put("owner", 2, next)], default);

        Assert.Null(await store.CommitAsync([Condition.CreatedAt("owner", token!.Value)], [Put("data", 1)], default));
        Assert.NotNull(await store.CommitAsync([Condition.CreatedAt("owner", second!.Value)], [Put("data", 2)], default));
    }

    [Fact]
    public async Task Watch_YieldsWhatIsThere_ThenEveryChange()
    {
        await using var store = await CreateAsync();
        await store.CommitAsync([], [Put("p/a", 1), Put("q", 1)], default);
        using var ending = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var watch = store.WatchAsync("p/", ending.Token).GetAsyncEnumerator(ending.Token);

        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(["p/a"], watch.Current.Keys.Keys);
        var revision = await store.CommitAsync([], [Put("p/b", 1)], default);
        await UntilAsync(watch, revision!.Value);
        Assert.Equal(["p/a", "p/b"], watch.Current.Keys.Keys);
        revision = await store.CommitAsync([], [new KeyChange("p/a", null), Put("p/b", 2)], default);
        await UntilAsync(watch, revision!.Value);
        Assert.Equal((byte)2, Assert.Single(watch.Current.Keys).Value.Value.Span[0]);
    }

    [Fact]
    public async Task Watch_SeesALeaseEnd()
    {
        await using var store = await CreateAsync();
        var lease = await store.GrantAsync(Short * 20, default);
        await store.CommitAsync([], [Put("p/a", 1, lease)], default);
        using var ending = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var watch = store.WatchAsync("p/", ending.Token).GetAsyncEnumerator(ending.Token);
        Assert.True(await watch.MoveNextAsync());

        await store.RevokeAsync(lease, default);

        Assert.True(await watch.MoveNextAsync());
        Assert.Empty(watch.Current.Keys);
    }

    [Fact]
    public async Task Watch_Cancelled_EndsSo()
    {
        await using var store = await CreateAsync();
        using var ending = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var watch = store.WatchAsync("p/", ending.Token).GetAsyncEnumerator(ending.Token);
        Assert.True(await watch.MoveNextAsync());
        var next = watch.MoveNextAsync().AsTask();

        await ending.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public async Task Commit_ManyAtOnce_ExactlyOneOwns()
    {
        await using var store = await CreateAsync();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(async () => await store.CommitAsync([Condition.Absent("owner")], [Put("owner", (byte)i)], default))));

        var won = Assert.Single(outcomes, o => o is not null);
        Assert.Equal(won, (await store.ReadAsync("owner", default)).Keys["owner"].Created);
    }

    [Fact]
    public async Task Disposed_EveryCallThrows()
    {
        var store = await CreateAsync();
        await store.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.ReadAsync("", default));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.GrantAsync(Short, default));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.CommitAsync([], [Put("a", 1)], default));
    }

    private static KeyChange Put(string key, byte value, long lease = 0) => new(key, new[] { value }, lease);

    private static async Task UntilAsync(IAsyncEnumerator<KeySet> watch, long revision)
    {
        do
        {
            Assert.True(await watch.MoveNextAsync());
        }
        while (watch.Current.Revision < revision);
    }
}
