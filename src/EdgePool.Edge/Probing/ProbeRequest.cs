using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Probing;

/// <summary>What a probe is to do.</summary>
/// <param name="Pair">The domain that it plays, and the one that it looks at.</param>
/// <param name="StepTimeout">The longest that one step may take: an answer of the DNS, a connection, a TLS handshake, an answer of the peer.</param>
/// <param name="Dialback">Dialback is tried where SASL does not serve: a running node of the local domain answers for the key.</param>
public sealed record ProbeRequest(DomainPair Pair, TimeSpan StepTimeout, bool Dialback);
