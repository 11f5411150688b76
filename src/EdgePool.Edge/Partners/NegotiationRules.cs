using EdgePool.Edge.Routing;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Partners;

/// <summary>Port 5269: our local domains answer, partners ask, under their partner's terms.</summary>
internal sealed class PartnerRules(RouteTable routes, LivePolicy policy) : INegotiationRules
{
    public bool Serves(DomainName local) => routes.IsLocal(local);

    public NegotiationTerms? TermsFor(DomainPair pair) => policy.Allowed(pair.Remote.Utf8)?.Terms;

    public bool IsOwn(DomainName domain) => routes.IsLocal(domain);
}

/// <summary>
/// Port 23456, the mirror of <see cref="PartnerRules"/>: towards an internal server we answer for the partners' domains and for our other local ones,
/// and only the domains of internal servers may ask.
/// </summary>
internal sealed class InternalRules(RouteTable routes, LivePolicy policy) : INegotiationRules
{
    public bool Serves(DomainName local) => routes.IsLocal(local) || policy.Allowed(local.Utf8) is not null;

    public NegotiationTerms? TermsFor(DomainPair pair)
        => routes.Local(pair.Remote)?.BackEnd is BackEndOptions.Server server && !pair.Local.Equals(pair.Remote) ? server.Terms : null;

    public bool IsOwn(DomainName domain) => routes.Local(domain)?.BackEnd is not BackEndOptions.Server;
}
