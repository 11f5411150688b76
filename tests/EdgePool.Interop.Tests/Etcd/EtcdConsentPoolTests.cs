using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Snapshots;
using EdgePool.Cluster.Tests.Entities;

namespace EdgePool.Interop.Tests.Etcd;

/// <summary>Two nodes with all that they have of consents but the links, and a real etcd.</summary>
public sealed class EtcdConsentPoolTests : IAsyncDisposable
{
    private static readonly DateTimeOffset When = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-consents-").FullName;
    private readonly List<IAsyncDisposable> opened = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var one in opened.AsEnumerable().Reverse())
        {
            await one.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Consents_OfEitherNode_AreHeardAtBoth_AndAfterEtcdWasAway()
    {
        var etcd = await EtcdServers.StartAsync(1);
        opened.Add(etcd);
        var options = new EtcdStoreOptions { Etcd = etcd.NewDeployment() with { Deadline = TimeSpan.FromSeconds(1) } };
        var coordinator = new EtcdCoordinator(options.Etcd);
        opened.Add(coordinator);
        var pool = new ConsentPool(coordinator);
        opened.Add(pool);
        var (a, b) = (await StartAsync("a", options, pool), await StartAsync("b", options, pool));
        await pool.SettleAsync();

        Assert.Null(await a.Store.AppendAsync([Give("u1", pool.ContactOf("a")), Give("u2", pool.ContactOf("b"))], default));
        await ConsentPool.UntilAsync(() => a.Heard(2) && b.Heard(2));
        Assert.Null(await b.Store.AppendAsync([new ConsentChange.Revoked("u1@l", pool.ContactOf("a"), When)], default));
        await ConsentPool.UntilAsync(() => a.Heard(1) && b.Heard(1));

        // The owner is out of reach: it waits on the node's disk, and is there when the owner is back.
        pool.Links.Apart = "b";
        Assert.Null(await a.Store.AppendAsync([Give("u3", pool.ContactOf("b"))], default));
        Assert.Equal(1, a.Store.Standing.PendingConsents);
        pool.Links.Apart = null;
        await ConsentPool.UntilAsync(() => b.Heard(2) && a.Store.Standing.PendingConsents == 0);

        // Both write while etcd is away; what was revoked later is gone at both in the end.
        await etcd.Members[0].KillAsync();
        await ConsentPool.UntilAsync(() => a.Store.Standing.AwaySince is not null && b.Store.Standing.AwaySince is not null);
        var contact = "carol@later.example";
        Assert.Null(await a.Store.AppendAsync([Give("u4", contact), Give("u5", contact)], default));
        Assert.Null(await b.Store.AppendAsync([Give("u4", contact), new ConsentChange.Revoked("u4@l", contact, When.AddHours(1))], default));
        await etcd.Members[0].StartAsync();
        await ConsentPool.UntilAsync(() => a.Store.Standing.PendingConsents == 0 && b.Store.Standing.PendingConsents == 0 && a.Heard(3) && b.Standing().SequenceEqual(a.Standing()));
    }

    private static ConsentChange.Given Give(string user, string contact) => new(new Consent($"{user}@l", contact, "r", When));

    private async Task<Node> StartAsync(string name, EtcdStoreOptions options, ConsentPool pool)
    {
        var mirror = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path.Combine(folder, name, "mirror.db") }, TimeProvider.System);
        opened.Add(mirror);
        var etcd = new EtcdStore(options, TimeProvider.System);
        var store = await SnapshottedStore.OpenAsync(
            etcd, mirror, new SnapshotOptions { Folder = Path.Combine(folder, name), Retry = TimeSpan.FromMilliseconds(200) }, TimeProvider.System, default, pool.Join(name, etcd));
        opened.Add(store);
        return new Node(store);
    }

    /// <summary>What a node has heard.</summary>
    private sealed class Node
    {
        private readonly SortedSet<(string, string)> standing = [];

        public Node(SnapshottedStore store)
        {
            Store = store;
            store.Heard = Hear;
        }

        public SnapshottedStore Store { get; }

        public bool Heard(int count) => Standing().Count == count;

        public List<(string, string)> Standing()
        {
            lock (standing)
            {
                return [.. standing];
            }
        }

        private void Hear(IReadOnlyList<ConsentChange> changes)
        {
            lock (standing)
            {
                foreach (var change in changes)
                {
                    _ = change switch
                    {
                        ConsentChange.Given(var consent) => standing.Add((consent.Local, consent.Remote)),
                        ConsentChange.Revoked revoked => standing.Remove((revoked.Local, revoked.Remote)),
                        _ => false,
                    };
                }
            }
        }
    }
}
