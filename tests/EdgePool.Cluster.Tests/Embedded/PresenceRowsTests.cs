using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Presences;

namespace EdgePool.Cluster.Tests.Embedded;

/// <summary>Who is shown as available, as the store keeps it.</summary>
public sealed class PresenceRowsTests : IDisposable
{
    private readonly StoreOnDisk disk = new();

    public void Dispose() => disk.Dispose();

    [Fact]
    public async Task Append_ShownAndGone_WhatStandsOutlivesTheStore()
    {
        await using (var store = await disk.OpenAsync())
        {
            Assert.Null(await AppendAsync(store, Shown(1), Shown(2), Shown(2, outward: true)));
            Assert.Null(await AppendAsync(store, Gone(1), Gone(7), Shown(3), Gone(3), Shown(3)));
        }

        await using var again = await disk.OpenAsync();
        Assert.Equal([Shown(2).Presence, Shown(3).Presence, Shown(2, outward: true).Presence], await ReadAsync(again));
    }

    [Fact]
    public async Task Append_AtTheLimit_IsRefusedWholeUntilSomebodyLeaves()
    {
        var limits = StoreLimits.Default with { MaxPresences = 2, MaxChanges = 4 };
        await using var store = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = disk.Path, Limits = limits }, TimeProvider.System);
        Assert.Null(await AppendAsync(store, Shown(1), Shown(2), Shown(1)));

        Assert.Equal(RefusalReason.Full, (await AppendAsync(store, Gone(1), Shown(3), Shown(4)))!.Reason);
        Assert.Equal(RefusalReason.TooLarge, (await AppendAsync(store, [.. Enumerable.Range(0, 5).Select(n => Gone(n))]))!.Reason);
        Assert.Null(await AppendAsync(store, Gone(1), Shown(3)));

        Assert.Equal([Shown(2).Presence, Shown(3).Presence], await ReadAsync(store));
    }

    [Theory]
    [InlineData("", RefusalReason.Invalid)]
    [InlineData("a\0@p.example", RefusalReason.Invalid)]
    [InlineData(null, RefusalReason.TooLarge)]
    public async Task Append_AddressThatIsNone_IsRefused(string? address, RefusalReason reason)
    {
        await using var store = await disk.OpenAsync();
        var change = new PresenceChange(Shown(1).Presence with { Remote = address ?? new string('a', 3_072) }, Shown: true);

        Assert.Equal(reason, (await AppendAsync(store, change))!.Reason);
        Assert.Null(await AppendAsync(store, new PresenceChange(Shown(1).Presence with { Remote = new string('a', 3_071) }, Shown: true)));
    }

    [Fact]
    public async Task Read_MoreThanAPortion_GivesEachOnce()
    {
        await using var store = await disk.OpenAsync();
        for (var batch = 0; batch < 3; batch++)
            Assert.Null(await AppendAsync(store, [.. Enumerable.Range(batch * 3_000, 3_000).Select(n => Shown(n, outward: n % 2 == 0))]));

        var all = await ReadAsync(store);

        Assert.Equal((9_000, 9_000), (all.Count, all.Distinct().Count()));
    }

    private static PresenceChange Shown(int number, bool outward = false)
        => new(new Presence(outward, "b@edge.example", $"c{number:D5}@p1.example/r", "p1.example"), Shown: true);

    private static PresenceChange Gone(int number) => Shown(number) with { Shown = false };

    private static ValueTask<Refusal?> AppendAsync(EmbeddedStore store, params PresenceChange[] changes) => store.AppendShownAsync(changes, default);

    private static async Task<List<Presence>> ReadAsync(EmbeddedStore store)
    {
        var all = new List<Presence>();
        await foreach (var presence in store.ReadShownAsync(default))
            all.Add(presence);
        return all;
    }
}
