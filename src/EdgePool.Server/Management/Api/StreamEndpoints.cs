using EdgePool.Edge.Telemetry;
using EdgePool.Server.Management.Wire;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgePool.Server.Management.Api;

/// <summary><c>/v1/streams</c>: the streams of the node, or those of one domain: a partner's with all that it has, or any other.</summary>
internal sealed class StreamEndpoints(ManagedNode node)
{
    /// <summary>Maps them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/streams", context => Reply.OkAsync(context, List(static _ => true), WireJson.Default.StreamList));
        routes.MapGet("/v1/streams/{domain}", OfDomainAsync);
    }

    private async Task OfDomainAsync(HttpContext context)
    {
        if (await RouteDomain.ReadAsync(context) is { } domain)
        {
            var domains = RouteDomain.AllOf(node.Node.Policy, domain);
            await Reply.OkAsync(context, List(stream => Concerns(stream, domains)), WireJson.Default.StreamList);
        }
    }

    private StreamList List(Func<StreamInfo, bool> wanted) => new([.. node.Node.Streams.All.Where(wanted).OrderBy(stream => stream.Number).Select(View)]);

    private static bool Concerns(StreamInfo stream, IReadOnlyCollection<DomainName> domains)
        => stream.Pairs.Concat(stream.Wanted is { } wanted ? [wanted] : Array.Empty<DomainPair>()).Any(pair => domains.Contains(pair.Remote) || domains.Contains(pair.Local));

    private static StreamView View(StreamInfo stream)
    {
        var counts = stream.Counts;
        return new StreamView
        {
            Number = stream.Number,
            Kind = stream.Kind.ToString(),
            Peer = stream.Peer,
            State = stream.State,
            Tls = stream.Tls,
            Cipher = OrNull(stream.Cipher),
            Method = OrNull(stream.Method),
            Pairs = [.. stream.Pairs.Select(pair => pair.ToText())],
            Bidirectional = [.. stream.Bidirectional.Select(pair => pair.ToText())],
            Wanted = stream.Wanted?.ToText(),
            AgeSeconds = (long)stream.Age.TotalSeconds,
            StanzasIn = counts.StanzasIn,
            StanzasOut = counts.StanzasOut,
            BytesIn = counts.BytesIn,
            BytesOut = counts.BytesOut,
            Queued = counts.Queued,
            Unacknowledged = counts.Unacknowledged,
            BlockedSeconds = (long)stream.Blocked.TotalSeconds,
        };
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
