using EdgePool.Cluster.Documents;
using EdgePool.Edge.Partners;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

public sealed class DocumentWatcherTests : IAsyncLifetime
{
    private static readonly DomainName Local = DomainName.Parse("edge.example");

    private readonly VirtualTimeProvider time = new(DateTimeOffset.UtcNow);
    private readonly LivePolicy live = new(PolicySnapshot.Closed);
    private readonly EventCollector logs = new();
    private StoreFixture store = null!;
    private DocumentWatcher watcher = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        store = await StoreFixture.OpenAsync();
        watcher = Watcher();
    }

    public async ValueTask DisposeAsync()
    {
        await watcher.DisposeAsync();
        await store.DisposeAsync();
        live.Dispose();
        logs.Dispose();
    }

    private DocumentWatcher Watcher() => new(store, [Local], live, new BodyLoggingAudit(store, logs.CreateLogger("EdgePool.Messages")), time, new Random(5), logs.CreateLogger("EdgePool.Node"));

    [Fact]
    public async Task Start_EmptyStore_IsAClosedFederation()
    {
        await watcher.StartAsync(Stop);

        Assert.Equal((0, 0, false), (watcher.State.InForce, live.Current.Partners.Count, watcher.State.IsHeldBack));
        Assert.NotNull(live.Current.Gateway);
        Assert.NotNull(live.Current.Access);
    }

    [Fact]
    public async Task Start_Documents_AreInForceWhenItReturns()
    {
        var revision = await store.WriteAsync(StoreFixture.Partner("p1.example"), StoreFixture.Gateway("{\"connectionLimit\": 7}"));

        await watcher.StartAsync(Stop);

        Assert.Equal((revision, revision), (watcher.State.InForce, live.Current.Version));
        Assert.Equal(7, live.Current.Gateway!.ConnectionLimit);
        Assert.NotNull(live.Allowed("p1.example"u8));
    }

    // POL-20, at the start: there is no last good policy.
    [Fact]
    public async Task Start_POL20_DocumentsAreWrong_ThrowsWithTheProblems()
    {
        await store.WriteAsync(StoreFixture.Partner("p1.example", "{\"colour\": 1}"));

        var fault = await Assert.ThrowsAsync<PolicyException>(() => watcher.StartAsync(Stop));

        Assert.Contains("Partner/p1.example", fault.Message, StringComparison.Ordinal);
        Assert.Same(PolicySnapshot.Closed, live.Current);
    }

    [Fact]
    public async Task Apply_GoodChange_IsWrittenAndInForceWhenItReturns()
    {
        await watcher.StartAsync(Stop);

        var outcome = Assert.IsType<ApplyOutcome.InForce>(await watcher.ApplyAsync([StoreFixture.Partner("p1.example")], "ann", "wanted", Stop));

        Assert.Equal((outcome.Revision, outcome.Revision), (live.Current.Version, watcher.State.InForce));
        Assert.NotNull(live.Allowed("p1.example"u8));
        Assert.Equal(new Authorship("ann", default, "wanted"), (await store.ReadAsync(Stop)).Documents.Single().By with { When = default });
        Assert.Contains(logs.Events, e => e.Id.Id == 2030);
    }

    // POL-20: refused as a whole.
    [Theory]
    [InlineData("{\"colour\": 1}")]
    [InlineData("{\"additionalDomains\": [\"p0.example\"]}")]
    [InlineData("{\"additionalDomains\": [\"b\u00fccher.example\", \"xn--bcher-kva.example\"]}")]
    public async Task Apply_POL20_BadChange_WritesNothingAndTheOldPolicyStays(string body)
    {
        await store.WriteAsync(StoreFixture.Partner("p0.example"));
        await watcher.StartAsync(Stop);
        var before = live.Current;

        var outcome = await watcher.ApplyAsync([StoreFixture.Partner("p1.example"), StoreFixture.Partner("p2.example", body)], "ann", "", Stop);

        Assert.NotEmpty(Assert.IsType<ApplyOutcome.Invalid>(outcome).Problems);
        Assert.Same(before, live.Current);
        Assert.Single((await store.ReadAsync(Stop)).Documents);
    }

    [Fact]
    public async Task Apply_Stale_TellsWhatStands()
    {
        var revision = await store.WriteAsync(StoreFixture.Partner("p1.example"));
        await watcher.StartAsync(Stop);

        var outcome = Assert.IsType<ApplyOutcome.Stale>(await watcher.ApplyAsync([StoreFixture.Partner("p1.example", "{\"enabled\":false}")], "ann", "", Stop));

        Assert.Equal(revision, outcome.Changes.Single().Current!.Version);
    }

    [Fact]
    public async Task Apply_TooLarge_IsRefusedByTheStore()
    {
        await watcher.StartAsync(Stop);

        var outcome = await watcher.ApplyAsync([StoreFixture.Partner("p1.example")], new string('w', 2_000), "", Stop);

        Assert.Equal(RefusalReason.TooLarge, Assert.IsType<ApplyOutcome.Refused>(outcome).Why.Reason);
    }

    [Fact]
    public async Task Check_Changes_WritesNothing()
    {
        await watcher.StartAsync(Stop);

        var compiled = await watcher.CheckAsync([StoreFixture.Partner("p1.example")], Stop);

        Assert.NotNull(compiled.Snapshot!.Find("p1.example"u8));
        Assert.Null(live.Current.Find("p1.example"u8));
        Assert.Empty((await store.ReadAsync(Stop)).Documents);
    }

    // POL-20: another writer's documents do not compile together.
    [Fact]
    public async Task Watch_POL20_BadDocumentsFromElsewhere_LastGoodPolicyStaysUntilTheyAreMended()
    {
        var good = await store.WriteAsync(StoreFixture.Partner("p1.example"));
        await watcher.StartAsync(Stop);
        var before = live.Current;

        var bad = await store.WriteAsync(StoreFixture.Partner("p2.example", "{\"colour\": 1}"));
        var state = await watcher.WhenSeenAsync(bad, Stop);

        Assert.Equal((good, bad, true), (state.InForce, state.Seen, state.IsHeldBack));
        Assert.Contains(state.Problems, p => p.Severity == ProblemSeverity.Error);
        Assert.Same(before, live.Current);
        Assert.Contains(logs.Events, e => e.Id.Id == 2031 && e.Level == LogLevel.Error);

        var mended = await store.WriteAsync(StoreFixture.Partner("p2.example", "{}", expected: bad));
        Assert.False((await watcher.WhenSeenAsync(mended, Stop)).IsHeldBack);
        Assert.NotNull(live.Allowed("p2.example"u8));
    }

    [Fact]
    public async Task Watch_Burst_IsCompiledOnceForAllThatCameMeanwhile()
    {
        await watcher.StartAsync(Stop);
        var published = 0;
        live.Replaced = _ => published++;
        using var reader = new PolicyReader(live);
        reader.Begin(); // the next publication waits
        var first = await store.WriteAsync(StoreFixture.Partner("first.example"));
        while (live.Current.Version < first)
            await Task.Delay(1, Stop);
        var last = first;
        for (var i = 0; i < 50; i++)
            last = await store.WriteAsync(StoreFixture.Partner($"p{i}.example"));

        reader.End();
        await watcher.WhenSeenAsync(last, Stop);

        Assert.Equal((2, 51), (published, live.Current.Partners.Count));
    }

    // Static stability: what is in force stays in force while the store is gone.
    [Fact]
    public async Task Watch_StoreFails_PolicyStaysAndTheStoreIsAskedAgain()
    {
        await store.WriteAsync(StoreFixture.Partner("p1.example"));
        await watcher.StartAsync(Stop);
        store.Fail("the disk fails");
        var later = await store.WriteAsync(StoreFixture.Partner("p2.example"));
        while (watcher.State.StoreFault is null || time.ActiveTimers == 0)
            await Task.Delay(1, Stop);
        Assert.NotNull(live.Allowed("p1.example"u8));
        Assert.Null(live.Allowed("p2.example"u8));
        Assert.Contains(logs.Events, e => e.Id.Id == 2032);
        store.Fail(null);

        time.Advance(DocumentWatcher.RetryAfter - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, store.Watches);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Null((await watcher.WhenSeenAsync(later, Stop)).StoreFault);
        Assert.NotNull(live.Allowed("p2.example"u8));
        Assert.Equal(2, store.Watches);
    }

    // Nobody writes: the store answers again, and that is told.
    [Fact]
    public async Task Watch_StoreIsBack_FaultIsOverWithoutAWrite()
    {
        var revision = await store.WriteAsync(StoreFixture.Partner("p1.example"));
        await watcher.StartAsync(Stop);
        await UntilAsync(() => store.Watches == 1);
        await store.BreakAsync("the disk fails");
        await UntilAsync(() => watcher.State.StoreFault is "the disk fails" && time.ActiveTimers > 0);
        time.Advance(DocumentWatcher.RetryAfter);
        await UntilAsync(() => store.Watches == 2 && time.ActiveTimers > 0);
        Assert.NotNull(watcher.State.StoreFault);
        store.Fail(null);

        time.Advance(DocumentWatcher.RetryAfter * 2); // a wait has grown to twice as much at most

        await UntilAsync(() => watcher.State.StoreFault is null);
        Assert.Equal(revision, watcher.State.InForce);
        var later = await store.WriteAsync(StoreFixture.Partner("p2.example"));
        await watcher.WhenSeenAsync(later, Stop);
        Assert.NotNull(live.Allowed("p2.example"u8));
    }

    // No further write is needed for what was read and not published.
    [Fact]
    public async Task Watch_PublicationFails_RevisionIsPublishedByItself()
    {
        await watcher.StartAsync(Stop);
        var attempts = 0;
        live.Replaced = _ => throw new InvalidOperationException($"fault {++attempts}");

        var outcome = Assert.IsType<ApplyOutcome.Invalid>(await watcher.ApplyAsync([StoreFixture.Partner("p1.example")], "ann", "", Stop));

        Assert.Contains("is written, but not in force: fault 1", Assert.Single(outcome.Problems).What, StringComparison.Ordinal);
        Assert.True(watcher.State is { IsHeldBack: true, StoreFault: "fault 1" });
        await UntilAsync(() => time.ActiveTimers > 0);
        time.Advance(DocumentWatcher.RetryAfter);
        await UntilAsync(() => attempts == 2 && time.ActiveTimers > 0);
        live.Replaced = null;
        time.Advance(DocumentWatcher.RetryAfter * 2); // a wait has grown to twice as much at most

        await UntilAsync(() => watcher.State is { InForce: 1, IsHeldBack: false, StoreFault: null });
        Assert.Empty(watcher.State.Problems);
        Assert.NotNull(live.Allowed("p1.example"u8));
        Assert.Equal(2, logs.Events.Count(e => e.Id.Id == 2033));
    }

    [Fact]
    public async Task Watch_StoreKeepsFailing_WaitsGrowToTheLongestAndNoFurther()
    {
        await watcher.StartAsync(Stop);
        store.Fail("the disk fails");
        await store.WriteAsync(StoreFixture.Partner("p1.example"));
        for (var watches = 1; watches < 20; watches++)
        {
            await UntilAsync(() => store.Watches == watches && time.ActiveTimers > 0);
            time.Advance(time.NextTimerIn!.Value);
        }

        await UntilAsync(() => store.Watches == 20);
        var waits = logs.Events.Where(e => e.Id.Id == 2032).Select(e => Assert.IsType<TimeSpan>(e.Values["Wait"])).ToList();
        Assert.Equal(DocumentWatcher.RetryAfter, waits[0]);
        Assert.All(waits, wait => Assert.InRange(wait, DocumentWatcher.RetryAfter, DocumentWatcher.LongestRetry));
        Assert.Contains(waits, wait => wait > DocumentWatcher.LongestRetry / 4);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(1, Stop);
    }
}
