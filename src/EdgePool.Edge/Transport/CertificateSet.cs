using System.Collections.Concurrent;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Sasl;

namespace EdgePool.Edge.Transport;

/// <summary>Certificates of ours, ready for handshakes: by the name that a client asks for, or by the domain that we speak for.</summary>
internal sealed class CertificateSet(IReadOnlyList<EdgeCertificate> certificates)
{
    private const int Remembered = 1024;

    private readonly HandshakeCertificate[] prepared = [.. certificates.Select(ours => new HandshakeCertificate(ours))];

    private readonly ConcurrentDictionary<DomainName, int> chosen = new();

    /// <summary>The certificates, the default first.</summary>
    public IReadOnlyList<EdgeCertificate> Certificates => certificates;

    /// <summary>The same, ready for handshakes.</summary>
    public IReadOnlyList<HandshakeCertificate> Prepared => prepared;

    /// <summary>The certificate for a server name (SNI); the first where the name is missing or nobody's, null where there is none at all.</summary>
    public HandshakeCertificate? ForServerName(string serverName)
        => DomainName.TryParse(serverName, out var domain) ? ForDomain(domain) : prepared.FirstOrDefault();

    /// <summary>The certificate that proves <paramref name="domain"/>; the first where none does, null where there is none at all.</summary>
    public HandshakeCertificate? ForDomain(DomainName domain) => prepared.ElementAtOrDefault(Math.Max(0, IndexOf(domain)));

    /// <summary>True when one of the certificates proves <paramref name="domain"/>.</summary>
    public bool Prove(DomainName domain) => IndexOf(domain) >= 0;

    /// <summary>Which certificate proves a domain; -1: none. Remembered for the first names asked for: a stranger may ask for any.</summary>
    private int IndexOf(DomainName domain)
    {
        if (chosen.TryGetValue(domain, out var known))
            return known;
        var index = Array.FindIndex(prepared, ours => CertificateIdentity.Matches(ours.Context.TargetCertificate, domain));
        if (chosen.Count < Remembered)
            chosen[domain] = index;
        return index;
    }
}
