using System.Runtime.CompilerServices;
using System.Text;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Edge.Partners;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>A table whose journal other nodes write too.</summary>
public sealed class SharedConsentTests
{
    private const string User = "b@edge.example";
    private const string Contact = "a@public.example";
    private const string Partner = "public.example";
    private readonly VirtualTimeProvider time = new();
    private readonly List<string> revoked = [];

    [Fact]
    public async Task Heard_ConsentOfAnotherNode_StandsAndIsNotWrittenAgain()
    {
        var (table, journal) = await TableAsync();

        journal.Heard!([Given(1)]);

        Assert.True(Has(table));
        Assert.Equal((1, 0), (table.Count, table.Pending));
        Assert.Equal(Contact, Assert.Single(table.List(Partner, after: null, atMost: 5).Consents).Remote);
    }

    [Fact]
    public async Task Heard_RevocationByAnotherNode_EndsItAndIsTold()
    {
        var (table, journal) = await TableAsync();
        journal.Heard!([Given(1)]);

        journal.Heard!([new ConsentChange.Revoked(User, Contact, time.GetUtcNow())]);
        journal.Heard!([new ConsentChange.Revoked(User, Contact, time.GetUtcNow())]);

        Assert.False(Has(table));
        Assert.Equal([$"{User} {Contact}"], revoked);
    }

    [Fact]
    public async Task Heard_UnderAnotherPartner_MovesThere()
    {
        var (table, journal) = await TableAsync();
        journal.Heard!([Given(1)]);

        journal.Heard!([new ConsentChange.Given(new Consent(User, Contact, "other", time.GetUtcNow()))]);

        Assert.Equal(1, table.Count);
        Assert.Empty(table.List(Partner, after: null, atMost: 5).Consents);
        Assert.Single(table.List("other", after: null, atMost: 5).Consents);
    }

    [Fact]
    public async Task Heard_BeyondTheLimits_DoesNotStand()
    {
        var (table, journal) = await TableAsync(new ConsentLimits(PerPartner: 1));

        journal.Heard!([Given(1), new ConsentChange.Given(new Consent(User, "c@public.example", Partner, time.GetUtcNow()))]);

        Assert.Equal(1, table.Count);
    }

    // Its own word comes back to a node that has gone on since.
    [Fact]
    public async Task Heard_OwnConsentAfterItWasRevokedHere_DoesNotStandAgain()
    {
        var (table, journal) = await TableAsync();
        table.Give(Bytes(User), Bytes(Contact), Partner);
        table.Revoke(Bytes(User), Bytes(Contact));
        var waiting = table.Oldest(2);

        journal.Heard!([waiting[0]]);
        Assert.False(Has(table));
        journal.Heard!([waiting[1]]);

        journal.Heard!([Given(1)]);
        Assert.True(Has(table));
    }

    // Clocks of nodes run apart: who gives after a revocation that it has heard of is later, whatever its clock says.
    [Fact]
    public async Task Give_AfterAHeardRevocationOfALaterClock_IsLater()
    {
        var (table, journal) = await TableAsync();
        var ahead = time.GetUtcNow().AddMinutes(1);
        journal.Heard!([new ConsentChange.Revoked(User, Contact, ahead)]);

        table.Give(Bytes(User), Bytes(Contact), Partner);

        Assert.True(Assert.IsType<ConsentChange.Given>(Assert.Single(table.Oldest(1))).Consent.Since > ahead);
    }

    [Fact]
    public async Task Heard_WhileItLoads_CountsAfterWhatIsLoaded()
    {
        var journal = new SharedJournal { Meanwhile = [new ConsentChange.Revoked(User, Contact, time.GetUtcNow())], Standing = { Given(1).Consent } };
        var table = new ConsentTable(new ConsentLimits(), time);

        Assert.True(await table.LoadAsync(journal, default));

        Assert.False(Has(table));
    }

    private async Task<(ConsentTable Table, SharedJournal Journal)> TableAsync(ConsentLimits? limits = null)
    {
        var (table, journal) = (new ConsentTable(limits ?? new ConsentLimits(), time), new SharedJournal());
        await table.LoadAsync(journal, default);
        table.Revoked = (local, remote) => revoked.Add($"{Encoding.UTF8.GetString(local)} {Encoding.UTF8.GetString(remote)}");
        return (table, journal);
    }

    private ConsentChange.Given Given(int seconds) => new(new Consent(User, Contact, Partner, time.GetUtcNow().AddSeconds(seconds)));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static bool Has(ConsentTable table) => table.Has(Bytes(User), Bytes(Contact));

    private sealed class SharedJournal : ISharedConsents
    {
        public List<Consent> Standing { get; } = [];

        public ConsentChange[] Meanwhile { get; init; } = [];

        public Action<IReadOnlyList<ConsentChange>>? Heard { get; set; }

        public async IAsyncEnumerable<Consent> ReadAllAsync(string? partner, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            Heard!(Meanwhile);
            foreach (var consent in Standing)
                yield return consent;
        }

        public ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken) => default;
    }
}
