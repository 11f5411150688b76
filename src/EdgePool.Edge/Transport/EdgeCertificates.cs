using System.Net.Security;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Sasl;

namespace EdgePool.Edge.Transport;

/// <summary>Our certificates, ready for handshakes: by the name that a client asks for, or by the domain that we speak for.</summary>
internal sealed class EdgeCertificates(IReadOnlyList<EdgeCertificate> certificates)
{
    private readonly SslStreamCertificateContext[] contexts =
        [.. certificates.Select(c => SslStreamCertificateContext.Create(c.Certificate, [.. c.Intermediates], offline: true))];

    /// <summary>The certificate for a server name (SNI); the first where the name is missing or nobody's.</summary>
    public SslStreamCertificateContext ForServerName(string serverName)
        => DomainName.TryParse(serverName, out var domain) ? ForDomain(domain) : contexts[0];

    /// <summary>The certificate that proves <paramref name="domain"/>; the first where none does.</summary>
    public SslStreamCertificateContext ForDomain(DomainName domain)
    {
        foreach (var context in contexts)
        {
            if (CertificateIdentity.Matches(context.TargetCertificate, domain))
                return context;
        }

        return contexts[0];
    }

    /// <summary>True when one of our certificates proves <paramref name="domain"/>.</summary>
    public bool Prove(DomainName domain) => certificates.Any(c => CertificateIdentity.Matches(c.Certificate, domain));
}
