using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>All that policy says of connecting to a domain.</summary>
/// <param name="Terms">How to authenticate; null: not at all.</param>
/// <param name="Proxy">Where to connect instead of what SRV records say.</param>
/// <param name="Trust">Roots of the peer's certificate.</param>
internal sealed record OutboundTerms(NegotiationTerms? Terms, ProxyAddress? Proxy, TrustAnchors Trust)
{
    public bool Equals(OutboundTerms? other)
        => other is not null && Equals(Terms, other.Terms) && Equals(Proxy, other.Proxy) && Roots.Same(Trust, other.Trust);

    public override int GetHashCode() => HashCode.Combine(Terms, Proxy, Trust.System, Trust.Roots.Count);
}
