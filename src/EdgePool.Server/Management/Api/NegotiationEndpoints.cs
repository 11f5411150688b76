using EdgePool.Edge.Partners;
using EdgePool.Edge.Telemetry;
using EdgePool.Server.Management.Wire;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgePool.Server.Management.Api;

/// <summary><c>/v1/negotiations</c>: what was negotiated with a partner last, and by what it failed last.</summary>
internal sealed class NegotiationEndpoints(ManagedNode node)
{
    /// <summary>Maps them.</summary>
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/negotiations/{domain}", ListAsync);

    private async Task ListAsync(HttpContext context)
    {
        if (await RouteDomain.ReadAsync(context) is { } domain)
        {
            var domains = RouteDomain.AllOf(node.Node.Policy, domain);
            var histories = domains.Select(name => node.Node.History.Read(name.Ascii)).OfType<DomainHistory>();
            await Reply.OkAsync(context, new NegotiationList([.. histories.Select(View)]) { Arrivals = Arrivals(domains) }, WireJson.Default.NegotiationList);
        }
    }

    private DomainArrivals[]? Arrivals(IReadOnlyList<DomainName> domains)
    {
        var seen = domains.Select(name => (Name: name.Ascii, Pools: node.Arrivals?.Of(name.Ascii) ?? [])).Where(one => one.Pools.Count > 0).ToList();
        return seen.Count == 0 ? null : [.. seen.Select(one => new DomainArrivals(
            one.Name, [.. one.Pools.Select(pool => new ArrivalView(pool.Pool, pool.Came, pool.Seen))], node.Arrivals!.Finding(node.Node.Policy.Topology, one.Name)))];
    }

    internal static DomainNegotiations View(DomainHistory history) => new(history.Domain, View(history.Inbound), View(history.Outbound), View(history.Verification));

    private static WayView? View(WayHistory? way) => way is null ? null : new WayView(
        way.Successes,
        way.Failures,
        way.FailuresInARow,
        way.LastSuccess is { } success ? View(success) : null,
        way.LastFailure is { } failure ? View(failure) : null);

    /// <summary>A negotiation as it is sent.</summary>
    public static NegotiationView View(NegotiationRecord record) => new()
    {
        At = record.At,
        Pair = record.Pair.ToText(),
        Stream = record.Stream,
        Address = record.Address,
        Target = record.Target,
        Tls = record.Tls,
        Cipher = record.Cipher,
        Certificate = record.Certificate is { } shown ? View(shown) : null,
        Features = record.Features,
        Method = record.Method?.ToString(),
        Steps = [.. record.Steps.Select(View)],
        Cause = record.Failure?.ToText(),
        Detail = record.Detail,
        Remedy = record.Failure?.Remedy(),
    };

    /// <summary>A step as it is sent.</summary>
    public static StepView View(NegotiationStep step) => new(step.Kind.ToText(), Math.Round(step.Took.TotalMilliseconds, 3), step.Detail);

    /// <summary>A certificate as it is sent.</summary>
    public static PeerCertificateView View(ShownCertificate shown) => new(shown.Subject, shown.Issuer, shown.Key?.Text, shown.Expires, shown.Verdict?.ToString(), shown.Names);
}
