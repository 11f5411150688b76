using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>All that policy says of connecting to a domain.</summary>
/// <param name="Terms">How to authenticate; null: not at all.</param>
/// <param name="Proxy">Where to connect instead of what SRV records say.</param>
/// <param name="Certificate">What the peer's certificate has to be; not which keys have been seen, for that is no policy.</param>
internal sealed record OutboundTerms(NegotiationTerms? Terms, ProxyAddress? Proxy, CertificateDemand Certificate);
