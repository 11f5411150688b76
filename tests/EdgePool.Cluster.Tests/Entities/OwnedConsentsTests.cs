using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Peers;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Cluster.Tests.Entities;

/// <summary>Two nodes that own shards, and one journal.</summary>
public sealed class OwnedConsentsTests : IAsyncDisposable
{
    private static readonly DateTimeOffset When = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder folder = new();
    private readonly EmbeddedCoordinator coordinator = new();
    private readonly ConsentPool pool;
    private EmbeddedStore? journal;

    public OwnedConsentsTests() => pool = new ConsentPool(coordinator);

    public async ValueTask DisposeAsync()
    {
        await pool.DisposeAsync();
        await (journal?.DisposeAsync() ?? default);
        await coordinator.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Append_OfAnotherOwner_IsWrittenByIt()
    {
        var (here, _) = await StartAsync();

        Assert.Null(await here.AppendAsync([Give(pool.ContactOf("a")), Give(pool.ContactOf("b"))], default));

        Assert.Equal(1, pool.Links.Asked);
        Assert.Equal(2, await here.ReadAllAsync(null, default).CountAsync());
    }

    [Fact]
    public async Task Append_OwnerOutOfReach_IsUnavailable_AndDoneWhenItIsBack()
    {
        var (here, _) = await StartAsync();
        var contact = pool.ContactOf("b");
        pool.Links.Apart = "b";

        Assert.Equal(RefusalReason.Unavailable, (await here.AppendAsync([Give(contact)], default))?.Reason);
        Assert.Null(await here.AppendAsync([Give(pool.ContactOf("a"))], default));
        pool.Links.Apart = null;

        Assert.Null(await here.AppendAsync([Give(contact)], default));
    }

    [Fact]
    public async Task Append_NobodyOwnsAnything_IsUnavailable()
    {
        journal = await OpenAsync(StoreLimits.Default);
        var alone = new OwnedConsents(journal, new ShardKeeper(coordinator, new Member(coordinator, new NodeRecord("a", "pool", "a", "1", ""), new MembershipOptions(), TimeProvider.System, new Random(1)), new MembershipOptions(), TimeProvider.System), "pool", "a");

        Assert.Equal(RefusalReason.Unavailable, (await alone.AppendAsync([Give("bob@r.example")], default))?.Reason);
    }

    // It believes that it is the owner: so it does until its lease has run out by its own clock, and another one is.
    [Fact]
    public async Task Append_ByAnOwnerThatWasFollowed_IsFenced()
    {
        var (here, _) = await StartAsync();
        var contact = pool.ContactOf("a");
        var token = pool.Keepers["a"].TokenOf(OwnedConsents.ShardOf(contact))!.Value;
        var key = ShardMap.KeyOf("pool", OwnedConsents.ShardOf(contact));
        Assert.Null(await journal!.AppendAsync([new ConsentChange.Revoked("a@l", contact, When)], [Condition.CreatedAt(key, token + 1)], default));

        Assert.Equal(RefusalReason.Fenced, (await here.AppendAsync([Give(contact)], default))?.Reason);
    }

    [Fact]
    public async Task Append_ToANodeThatIsNotTheOwner_IsRefused()
    {
        await StartAsync();
        var question = new byte[] { 1 }.Concat(ConsentCodec.Write([Give(pool.ContactOf("b"))])).ToArray();

        var answer = await pool.Links.From("b").AskAsync("a", QuestionKind.Consent, question, default);

        Assert.Equal((byte)RefusalReason.Fenced + 1, answer.Span[1]);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 9, 1, 2, 3 })]
    [InlineData(new byte[] { 1, 0xFF, 0xFF, 0xFF })]
    public async Task Answer_ToWhatIsNoQuestion_IsARefusal(byte[] question)
    {
        await StartAsync();

        var answer = await pool.Links.From("b").AskAsync("a", QuestionKind.Consent, question, default);

        Assert.True(answer.Span[1] > 0);
        Assert.Empty(await journal!.ReadAllAsync(null, default).ToListAsync());
    }

    // Two nodes take the last place of a partner at once: one of them hears that its consent does not stand.
    [Fact]
    public async Task Append_BeyondThePartnersLimit_RevokesWhatDoesNotFit()
    {
        var (here, there) = await StartAsync(StoreLimits.Default with { MaxConsentsOfPartner = 3 });
        var contacts = Enumerable.Range(0, 5).Select(i => pool.ContactOf("b", i)).ToArray();

        Assert.Null(await here.AppendAsync([.. contacts[..2].Select(Give)], default));
        Assert.Null(await there.AppendAsync([.. contacts[2..].Select(Give)], default));

        Assert.Equal(3, await here.ReadAllAsync(null, default).CountAsync());
        Assert.Equal(RefusalReason.Older, (await here.AppendAsync([Give(contacts[4])], default))?.Reason);
        Assert.Equal(3, await here.ReadAllAsync(null, default).CountAsync());
    }

    // A question has at most 256 KiB, and a batch of long addresses more.
    [Fact]
    public async Task Append_LongerThanAQuestion_GoesInParts()
    {
        var (here, _) = await StartAsync();
        var contact = pool.ContactOf("b");
        ConsentChange[] changes = [.. Enumerable.Range(0, 300).Select(i => new ConsentChange.Given(new Consent($"{i:D4}{new string('l', 2000)}@l", contact, "p", When)))];

        Assert.Null(await here.AppendAsync(changes, default));

        Assert.True(pool.Links.Asked > 2);
        Assert.Equal(300, await here.ReadAllAsync(null, default).CountAsync());
    }

    private async Task<(OwnedConsents Here, OwnedConsents There)> StartAsync(StoreLimits? limits = null)
    {
        journal = await OpenAsync(limits ?? StoreLimits.Default);
        var nodes = (pool.Join("a", journal), pool.Join("b", journal));
        await pool.SettleAsync();
        return nodes;
    }

    private Task<EmbeddedStore> OpenAsync(StoreLimits limits) => EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = folder.File("store.db"), Limits = limits }, TimeProvider.System);

    private static ConsentChange Give(string remote) => new ConsentChange.Given(new Consent("a@l", remote, "p", When));
}
