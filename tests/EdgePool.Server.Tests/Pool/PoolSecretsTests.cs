using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Secrets;
using EdgePool.Server.Pool;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using Xunit;

namespace EdgePool.Server.Tests.Pool;

/// <summary>Dialback secrets of a pool (XEP-0185): what one node makes, any other verifies, at every moment of a rotation too.</summary>
public sealed class PoolSecretsTests : IDisposable
{
    private static readonly SecretKeys Keys = SecretKeys.Parse(SecretKeys.Write(new byte[SecretKeys.Bytes]), out _)!;
    private static readonly DomainName Here = DomainName.Parse("contoso.example");
    private static readonly DomainName There = DomainName.Parse("partner.example");

    private readonly EventCollector logs = new();
    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-secrets-").FullName;
    private byte drawn;

    public void Dispose()
    {
        logs.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Open_FirstNodeMakesIt_TheSecondTakesIt() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);

        var first = await OpenAsync(store, "a", thread);
        var second = await OpenAsync(store, "b", thread);

        Assert.True(new DialbackKeys(PoolSecrets.Of(second.Text)).IsValid(There, Here, "id", new DialbackKeys(PoolSecrets.Of(first.Text)).KeyFor(There, Here, "id")));
        Assert.Single(logs.Events, e => e.Id.Id == 3520);
        Assert.DoesNotContain(logs.Events, e => e.Message.Contains(first.Text, StringComparison.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "a", PoolSecrets.FileName)));
        Assert.DoesNotContain(first.Text, await File.ReadAllTextAsync(Path.Combine(folder, "a", PoolSecrets.FileName), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    });

    // Never a new secret in silence: another key is an error.
    [Fact]
    public void Open_WrongKey_IsAnErrorAndChangesNothing() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        var right = await OpenAsync(store, "a", thread);
        var other = new byte[SecretKeys.Bytes];
        other[0] = 1;
        var wrong = SecretKeys.Parse(SecretKeys.Write(other), out _)!;

        await Assert.ThrowsAsync<SecretException>(() => PoolSecrets.OpenAsync(new SecretStore(store, wrong), Folder("b"), Draw, thread.Time, logs.CreateLogger("pool"), default));

        Assert.Equal(right.Text, (await new SecretStore(store, Keys).ReadAsync(PoolSecrets.Name, default))!.Text);
    });

    [Fact]
    public void Open_StoreAway_TakesThemFromTheDiskOrDoesNotStart() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        var before = await OpenAsync(store, "a", thread);
        store.Away = true;

        var again = await OpenAsync(store, "a", thread);

        Assert.Equal((before.Text, before.Revision), (again.Text, again.Revision));
        Assert.Single(logs.Events, e => e.Id.Id == 3521);
        await Assert.ThrowsAsync<StoreException>(() => OpenAsync(store, "b", thread));
    });

    // At no moment of a rotation is there a node whose keys another would not verify.
    [Fact]
    public void Rotate_ThreeNodes_EveryKeyVerifiesEverywhereAtEveryMoment() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        List<Holder> holders = [];
        foreach (var name in (string[])["a", "b", "c"])
        {
            holders.Add(await Holder.StartAsync(await OpenAsync(store, name, thread), store, name, thread, logs));
        }

        await thread.UntilAsync(() => holders.TrueForAll(holder => holder.Node.Member.Term is not null));
        var checks = 0;
        using var over = new CancellationTokenSource();
        var checking = CheckAsync(over.Token);
        var first = holders[0].Keys.KeyFor(There, Here, "id");

        var outcome = await new SecretRotation(new SecretStore(store, Keys), store, thread.Time, Draw).RunAsync(forget: false, default);
        await thread.UntilAsync(() => holders.TrueForAll(holder => holder.Secrets.Revision == outcome.Revision));
        over.Cancel();
        await checking;

        Assert.Equal((1, 1, 0), (outcome.Before, outcome.Kept, outcome.Late.Count));
        Assert.True(checks > 50, $"{checks} moments were looked at");
        Assert.All(holders, holder => Assert.True(holder.Keys.IsValid(There, Here, "id", first)));
        Assert.NotEqual(first, holders[0].Keys.KeyFor(There, Here, "id"));
        foreach (var holder in holders)
        {
            await holder.StopAsync();
        }

        async Task CheckAsync(CancellationToken cancellation)
        {
            while (!cancellation.IsCancellationRequested)
            {
                foreach (var (maker, verifier) in holders.SelectMany(maker => holders.Select(verifier => (maker, verifier))))
                {
                    Assert.True(verifier.Keys.IsValid(There, Here, "id", maker.Keys.KeyFor(There, Here, "id")));
                }

                checks++;
                await thread.PassAsync(TimeSpan.FromMilliseconds(10));
            }
        }
    });

    [Fact]
    public void Rotate_NodeThatDoesNotHear_IsNamed() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        await OpenAsync(store, "a", thread);
        await store.CommitAsync([], [new KeyChange(NodeRecord.KeyOf("pool", "deaf"), """{"name":"deaf","pool":"pool","instance":"1","version":"1","peer":""}"""u8.ToArray())], default);

        var outcome = await new SecretRotation(new SecretStore(store, Keys), store, thread.Time, Draw).RunAsync(forget: false, default);

        Assert.Equal(["deaf"], outcome.Late);
        Assert.NotNull(outcome.Revision);
        Assert.InRange(thread.Time.Elapsed, SecretRotation.Patience, SecretRotation.Patience + TimeSpan.FromSeconds(1));
    });

    [Fact]
    public void Rotate_Often_KeepsThreeAtMost_AndForgettingKeepsNone() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        await OpenAsync(store, "a", thread);
        var (secrets, rotation) = (new SecretStore(store, Keys), new SecretRotation(new SecretStore(store, Keys), store, thread.Time, Draw));
        for (var i = 0; i < 4; i++)
        {
            await rotation.RunAsync(forget: false, default);
        }

        Assert.Equal(DialbackSecrets.Most, PoolSecrets.Lines((await secrets.ReadAsync(PoolSecrets.Name, default))!.Text).Length);
        var outcome = await rotation.RunAsync(forget: true, default);
        Assert.Equal((3, 0), (outcome.Before, outcome.Kept));
        Assert.Single(PoolSecrets.Lines((await secrets.ReadAsync(PoolSecrets.Name, default))!.Text));
    });

    private Task<PoolSecrets> OpenAsync(ICoordinator store, string name, VirtualThread thread)
        => PoolSecrets.OpenAsync(new SecretStore(store, Keys), Folder(name), Draw, thread.Time, logs.CreateLogger("pool"), default);

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(folder, name)).FullName;

    private byte[] Draw(int length)
    {
        var bytes = new byte[length];
        bytes[0] = ++drawn;
        return bytes;
    }

    /// <summary>A node as far as its secrets go.</summary>
    private sealed class Holder(PoolSecrets secrets, PoolNode node)
    {
        private readonly CancellationTokenSource stopping = new();
        private Task following = Task.CompletedTask;

        public PoolSecrets Secrets => secrets;

        public PoolNode Node => node;

        public DialbackKeys Keys { get; } = new(PoolSecrets.Of(secrets.Text));

        public static Task<Holder> StartAsync(PoolSecrets secrets, ICoordinator store, string name, VirtualThread thread, EventCollector logs)
        {
            var node = new PoolNode(store, new NodeRecord(name, "pool", name, "1", ""), new MembershipOptions(), thread.Time, new Random(1), logs.CreateLogger("pool"));
            var holder = new Holder(secrets, node);
            node.Member.Describe(record => record with { Secrets = secrets.Revision });
            secrets.Changed = () =>
            {
                holder.Keys.Replace(secrets.Read().Secrets!);
                node.Member.Describe(record => record with { Secrets = secrets.Revision });
            };
            node.Start(() => 0);
            holder.following = secrets.RunAsync(holder.stopping.Token);
            return Task.FromResult(holder);
        }

        public async Task StopAsync()
        {
            stopping.Cancel();
            await following;
            await node.DisposeAsync();
            stopping.Dispose();
        }
    }
}
