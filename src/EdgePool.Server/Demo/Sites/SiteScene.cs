using System.Collections.Immutable;
using EdgePool.Cluster.Embedded;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Addressing;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Demo.Sites;

/// <summary>
/// Everything that plays in the demos of a pool and of sites, in one process and on loopback: nodes that agree in memory and are linked by mutual TLS, the component
/// connected to each, a name server with the SRV records of everybody, and partners' servers that find the edge by them.
/// </summary>
internal sealed class SiteScene : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly DemoEdge common;
    private readonly EmbeddedCoordinator store;
    private readonly StubResolver resolver;
    private ImmutableArray<DemoNode> started = []; // swapped as a whole: the display reads it meanwhile
    private readonly TimeProvider time;

    public SiteScene(IReadOnlyList<SitePlan> plans, ILoggerFactory logs, TimeProvider time)
    {
        this.time = time;
        common = new DemoEdge(time);
        store = new EmbeddedCoordinator(time);
        resolver = new StubResolver(new StubResolverOptions { Servers = [common.Names] }, time);
        var services = new XmppServiceResolver(resolver, time, options: new XmppServiceOptions { DirectTls = false });
        Partners = [.. DemoNames.Partners.Select((domain, i) => new SitePartner(domain, i + 1, common.Certificates, services, time))];
        BackEnd = new BackEnd(common.Secret, [.. Partners.Select(static partner => partner.Flow)]);
        Sites = [.. plans.Select(plan => new DemoSite(plan, (site, name, before) => Make(site, name, before, logs)))];
    }

    /// <summary>The sites.</summary>
    public IReadOnlyList<DemoSite> Sites { get; }

    /// <summary>The partners.</summary>
    public IReadOnlyList<SitePartner> Partners { get; }

    /// <summary>The component.</summary>
    public BackEnd BackEnd { get; }

    /// <summary>Every node that is, or was, those that were killed first among its name.</summary>
    public IReadOnlyList<DemoNode> Nodes => started;

    /// <summary>Messages of which the sender does not know yet what became of them.</summary>
    public long UnderWay => Partners.Sum(static partner => partner.Flow.UnderWay);

    /// <summary>The accounts of these nodes in one.</summary>
    public static LedgerSnapshot Account(IEnumerable<DemoNode> nodes) => Sum([.. nodes.Select(static node => node.Account)]);

    /// <summary>Accounts in one.</summary>
    public static LedgerSnapshot Sum(IReadOnlyList<LedgerSnapshot> all) => new(
        all.Sum(static ledger => ledger.Accepted),
        all.Sum(static ledger => ledger.Delivered),
        Sum(all.SelectMany(static ledger => ledger.BouncedBy)),
        Sum(all.SelectMany(static ledger => ledger.DroppedBy)),
        all.Sum(static ledger => ledger.InFlight),
        all.Sum(static ledger => ledger.ErrorsSent),
        all.Sum(static ledger => ledger.ErrorsLost));

    /// <summary>Starts every node with its component, publishes the SRV records, and lets one message of each partner go there and back.</summary>
    /// <exception cref="DemoException">Something did not come up.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        foreach (var site in Sites)
        {
            await StartAsync(site, cancellation);
        }

        var servers = Sites.SelectMany(static site => site.Nodes.Select(node => (node.Name, site.Priority, node.Edge.S2SEndPoints[0])));
        common.Publish([DemoEdge.Zone(DomainName.Parse(DemoNames.Local), servers), .. Partners.Select(static partner => DemoEdge.Zone(partner.Server))]);
        foreach (var partner in Partners)
        {
            partner.Start();
            await partner.SendAsync(1, cancellation);
        }

        while (UnderWay > 0)
        {
            await Task.Delay(Look, time, cancellation);
        }
    }

    /// <summary>Starts the nodes of a site that do not run; those that were killed as new processes.</summary>
    public async Task StartAsync(DemoSite site, CancellationToken cancellation)
    {
        foreach (var node in site.Renew().Except(started).ToArray())
        {
            started = started.Add(node);
            await node.StartAsync(BackEnd, cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Sites.SelectMany(static site => site.Nodes).Union(started).Select(static node => node.DisposeAsync().AsTask()));
        foreach (var partner in Partners)
        {
            await partner.DisposeAsync();
        }

        await resolver.DisposeAsync();
        await store.DisposeAsync();
        await common.DisposeAsync();
    }

    private DemoNode Make(SitePlan site, string name, DemoNode? before, ILoggerFactory logs)
        => new(common.Node(name, DemoNames.Partners, before?.Edge.S2SEndPoints[0]), site.Name, started.Length, store, logs, time);

    private static Dictionary<T, long> Sum<T>(IEnumerable<KeyValuePair<T, long>> counts)
        where T : notnull
        => counts.GroupBy(static count => count.Key, static count => count.Value).ToDictionary(static group => group.Key, static group => group.Sum());
}
