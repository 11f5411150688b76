using System.Net;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Tests.Routing;

/// <summary>
/// A deployment on paper: the components edge.example and other.example, the internal server inside.example, the partners p1.example and p2.example,
/// and off.example, which is switched off.
/// </summary>
internal static class RoutingOptions
{
    public static RouteTable Table(TimeProvider time, Ledger ledger, StreamLimits? limits = null, bool open = false)
    {
        var options = Create(limits, open);
        return new RouteTable(options, new LivePolicy(options.Policy), time, ledger);
    }

    /// <summary>A snapshot that is another one at each call.</summary>
    public static PolicySnapshot NoPartners() => PolicyCompiler.Compile([], []).Snapshot!;

    public static EdgeOptions Create(StreamLimits? limits = null, bool open = false)
    {
        LocalDomain[] local =
        [
            new(DomainName.Parse("edge.example"), new BackEndOptions.Component("secret")),
            new(DomainName.Parse("other.example"), new BackEndOptions.Component("secret")),
            new(
                DomainName.Parse("inside.example"),
                new BackEndOptions.Server("127.0.0.1", 5269, new NegotiationTerms(AuthenticationMethods.SaslOverTls), TrustAnchors.SystemOnly)),
        ];
        var documents = new List<PartnerDocument>
        {
            new() { Domain = "p1.example" },
            new() { Domain = "p2.example", AdditionalDomains = ["bücher.example"] },
            new() { Domain = "off.example", Enabled = false },
        };
        if (open)
            documents.Add(new PartnerDocument { Domain = PartnerDocument.AnyDomain });
        return new EdgeOptions
        {
            NodeName = "node",
            LocalDomains = local,
            Policy = PolicyCompiler.Compile(documents, local.Select(d => d.Name)).Snapshot!,
            S2SListeners = [new S2SListenerOptions(new IPEndPoint(IPAddress.Loopback, 0))],
            InternalListeners = [],
            Certificates = [],
            DialbackSecrets = new DialbackSecrets("secret"),
            Limits = limits ?? new StreamLimits(),
        };
    }
}
