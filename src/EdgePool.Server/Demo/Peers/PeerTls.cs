using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Sasl;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Demo.Peers;

/// <summary>How the demo's partner gets its streams under TLS: a certificate on both sides, each of which must end in the demo's root.</summary>
internal sealed class PeerTls(DemoCertificates certificates, DomainName domain)
{
    private readonly SslStreamCertificateContext own = certificates.ForHandshake(domain.Ascii);

    /// <summary>As the connecting side. The other side's certificate must name <paramref name="wanted"/>.</summary>
    /// <exception cref="AuthenticationException">The handshake failed.</exception>
    public async Task<SslStream> ConnectAsync(Stream transport, DomainName wanted, CancellationToken cancellation)
    {
        var stream = new SslStream(transport, leaveInnerStreamOpen: false);
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = wanted.Ascii,
                ClientCertificateContext = own,
                CertificateChainPolicy = certificates.ChainPolicy(),
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                AllowTlsResume = false,
            },
            cancellation);
        return stream;
    }

    /// <summary>As the accepting side.</summary>
    /// <exception cref="AuthenticationException">The handshake failed.</exception>
    public async Task<SslStream> AcceptAsync(Stream transport, CancellationToken cancellation)
    {
        var stream = new SslStream(transport, leaveInnerStreamOpen: false);
        await stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificateContext = own,
                ClientCertificateRequired = true,
                CertificateChainPolicy = certificates.ChainPolicy(),
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                AllowTlsResume = false,
            },
            cancellation);
        return stream;
    }

    /// <summary>The certificate of the other side, whose chain the handshake has judged.</summary>
    public sealed class Proof(SslStream stream) : IPeerCertificate
    {
        public TlsVersion Version => stream.SslProtocol == SslProtocols.Tls13 ? TlsVersion.Tls13 : TlsVersion.Tls12;

        public CertificateVerdict Proves(DomainName domain)
            => stream.RemoteCertificate is not X509Certificate2 shown ? CertificateVerdict.None
            : CertificateIdentity.Matches(shown, domain) ? CertificateVerdict.Valid
            : CertificateVerdict.WrongName;
    }
}
