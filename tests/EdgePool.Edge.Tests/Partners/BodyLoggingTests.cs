using EdgePool.Edge.Partners;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

// The audit of enableLoggingAllMessageBodies: who switched it on and off, and with which version.
public sealed class BodyLoggingTests : IAsyncLifetime
{
    private const string On = """{"enableLoggingAllMessageBodies":true}""";

    private readonly VirtualTimeProvider time = new(DateTimeOffset.UtcNow);
    private readonly LivePolicy live = new(PolicySnapshot.Closed);
    private readonly EventCollector logs = new();
    private StoreFixture store = null!;
    private BodyLoggingAudit audit = null!;
    private DocumentWatcher watcher = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        store = await StoreFixture.OpenAsync();
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await watcher.DisposeAsync();
        await store.DisposeAsync();
        live.Dispose();
        logs.Dispose();
    }

    [Fact]
    public async Task Switch_OnAndOff_IsToldOnceEachWithWhoAndVersion()
    {
        Assert.Null(audit.Current);
        var on = await ApplyAsync("ann", On, expected: 0);
        Assert.Equal((on, "ann"), (audit.Current!.Version, audit.Current.Who));
        var other = await ApplyAsync("bob", """{"connectionLimit":7,"enableLoggingAllMessageBodies":true}""", on);
        Assert.Equal((on, "ann"), (audit.Current!.Version, audit.Current.Who));

        var off = await ApplyAsync("eve", """{"connectionLimit":7}""", other);
        await ApplyAsync("bob", "{}", off);

        Assert.Null(audit.Current);
        Assert.Equal([(2200, LogLevel.Warning, on, "ann"), (2201, LogLevel.Warning, off, "eve")], Told());
    }

    [Fact]
    public async Task Switch_ByDeletion_IsOff()
    {
        var on = await ApplyAsync("ann", On, expected: 0);

        var off = await ApplyAsync("eve", body: null, on);

        Assert.Null(audit.Current);
        Assert.Equal((2201, LogLevel.Warning, off, "eve"), Told()[^1]);
    }

    // A restart does not make it any younger, nor what else was written since.
    [Fact]
    public async Task Start_SwitchedOnBefore_IsToldWithWhoDid()
    {
        var on = await ApplyAsync("ann\nroot", On, expected: 0);
        await ApplyAsync("bob", """{"connectionLimit":7,"enableLoggingAllMessageBodies":true}""", on);
        await watcher.DisposeAsync();

        await StartAsync();

        Assert.Equal((on, @"ann\nroot"), (audit.Current!.Version, audit.Current.Who));
        Assert.Equal([(2200, LogLevel.Warning, on, @"ann\nroot"), (2200, LogLevel.Warning, on, @"ann\nroot")], Told());
    }

    private async Task StartAsync()
    {
        audit = new BodyLoggingAudit(store, logs.CreateLogger("EdgePool.Messages"));
        watcher = new DocumentWatcher(store, [DomainName.Parse("edge.example")], live, audit, time, new Random(5), logs.CreateLogger("EdgePool.Node"));
        await watcher.StartAsync(Stop);
    }

    private async Task<long> ApplyAsync(string who, string? body, long expected)
        => Assert.IsType<ApplyOutcome.InForce>(await watcher.ApplyAsync([StoreFixture.Gateway(body!, expected)], who, "", Stop)).Revision;

    private List<(int Id, LogLevel Level, long Version, string Who)> Told()
        => [.. logs.Events.Where(e => e.Category == "EdgePool.Messages").Select(e => (e.Id.Id, e.Level, (long)e.Values["Version"]!, (string)e.Values["Who"]!))];
}
