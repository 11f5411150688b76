using EdgePool.Xmpp.Dialback;

namespace EdgePool.Xmpp.Streams;

/// <summary>What one accepted stream may ask for.</summary>
/// <param name="DomainPairs">Pairs proven or being proven.</param>
/// <param name="PendingVerifications">Dialback lookups under way at one time.</param>
/// <param name="RequestsPerPair">Requests for one pair that wait for the same lookup.</param>
/// <param name="SaslFailures">The failure that ends the stream (RFC 6120 section 6.4.5).</param>
/// <param name="KeyLength">Characters of a dialback key that we pass on to an authoritative server; real ones have 40 to 128.</param>
public sealed record NegotiationLimits(
    int DomainPairs = 16, int PendingVerifications = 4, int RequestsPerPair = 4, int SaslFailures = 3, int KeyLength = 1_024);

/// <summary>What an accepted stream needs to be negotiated.</summary>
/// <param name="Rules">What the listener allows.</param>
/// <param name="Keys">Our dialback keys.</param>
/// <param name="NewStreamId">A fresh, unguessable stream id: at least 64 bits of entropy, never used before.</param>
/// <param name="TlsAvailable">We have a certificate, so STARTTLS may be offered.</param>
/// <param name="DirectTls">The connection begins with a TLS handshake (XEP-0368).</param>
public sealed record NegotiationSettings(
    INegotiationRules Rules, DialbackKeys Keys, Func<string> NewStreamId, bool TlsAvailable, bool DirectTls = false)
{
    /// <summary>Limits on what the peer may ask for.</summary>
    public NegotiationLimits Limits { get; init; } = new();

    /// <summary>What we take on a stream: of a pair's stanzas; for null, before authentication. Null: we do not say (XEP-0478).</summary>
    public Func<DomainPair?, AnnouncedLimits?> Announce { get; init; } = static _ => null;
}
