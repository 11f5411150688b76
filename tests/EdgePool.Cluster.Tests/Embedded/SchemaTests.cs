using EdgePool.Cluster.Consents;
using EdgePool.Cluster.KnownPeers;
using EdgePool.Cluster.Presences;

namespace EdgePool.Cluster.Tests.Embedded;

/// <summary>Stores of older schemas, with what they hold.</summary>
public sealed class SchemaTests : IDisposable
{
    private static readonly DateTimeOffset When = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly string[] Undone =
    [
        "DROP TABLE presence; ALTER TABLE state DROP COLUMN presences",
        "DROP TABLE known_peer; ALTER TABLE state DROP COLUMN known_peers",
        "DROP TABLE revoked; DROP TABLE ownership; ALTER TABLE state DROP COLUMN revoked",
    ];

    private readonly StoreOnDisk disk = new();

    public void Dispose() => disk.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Open_StoreOfAnOlderSchema_KeepsWhatItHoldsAndTakesAllThatIsNew(int schema)
    {
        await disk.MakeAsync(documents: 3);
        await using (var before = await disk.OpenAsync())
            Assert.Null(await before.AppendAsync([new ConsentChange.Given(new Consent("a@l", "b@r", "r", When))], default));
        disk.Sql(string.Join("; ", Undone[(schema - 1)..]) + $"; PRAGMA user_version = {schema}");

        await using var store = await disk.OpenAsync();

        Assert.Equal(3, (await store.ReadAsync(default)).Documents.Count);
        Assert.Null(await store.AppendShownAsync([new PresenceChange(new Presence(Outward: false, "a@l", "b@r/x", "r"), Shown: true)], default));
        Assert.Null(await store.AppendKnownAsync([new KnownPeerChange("r", "keys")], default));
        Assert.Null(await store.AppendAsync([new ConsentChange.Revoked("a@l", "b@r", When.AddHours(1))], default));
    }
}
