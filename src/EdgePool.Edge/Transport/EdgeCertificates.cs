using EdgePool.Edge.Certificates;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Transport;

/// <summary>
/// Our certificates in force: each handshake takes one reading of the set. A set that was replaced lives as long as a handshake or stream uses it; nothing of it is
/// disposed of by hand.
/// </summary>
internal sealed class EdgeCertificates
{
    private State state;

    public EdgeCertificates(IReadOnlyList<EdgeCertificate> certificates, DateTimeOffset since = default)
        => state = new State(new CertificateSet(certificates), since, Refused: null);

    /// <summary>Those that new handshakes take, the default first.</summary>
    public IReadOnlyList<EdgeCertificate> InForce => Current.Set.Certificates;

    /// <summary>The same, ready for handshakes.</summary>
    public IReadOnlyList<HandshakeCertificate> Prepared => Current.Set.Prepared;

    /// <summary>Since when.</summary>
    public DateTimeOffset Since => Current.Since;

    /// <summary>What was offered since and refused.</summary>
    public CertificateRefusal? Refused => Current.Refused;

    private State Current => Volatile.Read(ref state);

    /// <summary>False: we have none, so no peer can get under TLS with us as the server.</summary>
    public bool Any => InForce.Count > 0;

    /// <summary>The certificate for a server name (SNI); the first where the name is missing or nobody's, null where there is none at all.</summary>
    public HandshakeCertificate? ForServerName(string serverName) => Current.Set.ForServerName(serverName);

    /// <summary>The certificate that proves <paramref name="domain"/>; the first where none does, null where there is none at all.</summary>
    public HandshakeCertificate? ForDomain(DomainName domain) => Current.Set.ForDomain(domain);

    /// <summary>True when one of our certificates proves <paramref name="domain"/>.</summary>
    public bool Prove(DomainName domain) => Current.Set.Prove(domain);

    /// <summary>What was offered last is good. One thread at a time replaces or refuses.</summary>
    /// <param name="next">The certificates.</param>
    /// <param name="now">When.</param>
    /// <param name="swap">They are others than those in force.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The TLS library cannot use them; those in force stay.</exception>
    public void Replace(IReadOnlyList<EdgeCertificate> next, DateTimeOffset now, bool swap = true)
    {
        var before = Current;
        Volatile.Write(ref state, swap ? new State(new CertificateSet(next), now, Refused: null) : before with { Refused = null });
    }

    /// <summary>What was offered last is bad.</summary>
    public void Refuse(CertificateRefusal refusal) => Volatile.Write(ref state, Current with { Refused = refusal });

    private sealed record State(CertificateSet Set, DateTimeOffset Since, CertificateRefusal? Refused);
}
