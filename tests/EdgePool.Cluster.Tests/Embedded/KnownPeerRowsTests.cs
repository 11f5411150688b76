using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.KnownPeers;

namespace EdgePool.Cluster.Tests.Embedded;

/// <summary>What is known of partners' keys, as the store keeps it.</summary>
public sealed class KnownPeerRowsTests : IDisposable
{
    private readonly StoreOnDisk disk = new();

    public void Dispose() => disk.Dispose();

    [Fact]
    public async Task Append_KnownAndForgotten_WhatStandsOutlivesTheStore()
    {
        await using (var store = await disk.OpenAsync())
        {
            Assert.Null(await AppendAsync(store, Known(1), Known(2)));
            Assert.Null(await AppendAsync(store, Forgotten(1), Forgotten(7), Known(3), Forgotten(3), Known(3, "newer")));
        }

        await using var again = await disk.OpenAsync();
        Assert.Equal([new KnownPeer(Known(2).Domain, "keys"), new KnownPeer(Known(3).Domain, "newer")], await ReadAsync(again));
    }

    [Fact]
    public async Task Append_AtTheLimit_IsRefusedWholeUntilOneIsForgotten()
    {
        var limits = StoreLimits.Default with { MaxKnownPeers = 2, MaxChanges = 4, MaxKnownPeerBytes = 5 };
        await using var store = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = disk.Path, Limits = limits }, TimeProvider.System);
        Assert.Null(await AppendAsync(store, Known(1), Known(2), Known(1, "again")));

        Assert.Equal(RefusalReason.Full, (await AppendAsync(store, Forgotten(1), Known(3), Known(4)))!.Reason);
        Assert.Equal(RefusalReason.TooLarge, (await AppendAsync(store, [.. Enumerable.Range(0, 5).Select(Forgotten)]))!.Reason);
        Assert.Equal(RefusalReason.TooLarge, (await AppendAsync(store, Known(2, "longer")))!.Reason);
        Assert.Equal(RefusalReason.Invalid, (await AppendAsync(store, new KnownPeerChange("", "keys")))!.Reason);
        Assert.Null(await AppendAsync(store, Forgotten(1), Known(3)));

        Assert.Equal([Known(2).Domain, Known(3).Domain], (await ReadAsync(store)).Select(peer => peer.Domain));
    }

    [Fact]
    public async Task Read_MoreThanAPortion_GivesEachOnce()
    {
        await using var store = await disk.OpenAsync();
        Assert.Null(await AppendAsync(store, [.. Enumerable.Range(0, 9_000).Select(n => Known(n))]));

        var all = await ReadAsync(store);

        Assert.Equal((9_000, 9_000), (all.Count, all.Distinct().Count()));
    }

    private static KnownPeerChange Known(int number, string body = "keys") => new($"d{number:D5}.example", body);

    private static KnownPeerChange Forgotten(int number) => Known(number) with { Body = null };

    private static ValueTask<Refusal?> AppendAsync(EmbeddedStore store, params KnownPeerChange[] changes) => store.AppendKnownAsync(changes, default);

    private static async Task<List<KnownPeer>> ReadAsync(EmbeddedStore store)
    {
        var all = new List<KnownPeer>();
        await foreach (var peer in store.ReadKnownAsync(default))
            all.Add(peer);
        return all;
    }
}
