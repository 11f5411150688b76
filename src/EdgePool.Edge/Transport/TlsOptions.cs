using System.Net.Security;
using System.Security.Authentication;

namespace EdgePool.Edge.Transport;

/// <summary>How handshakes of ours are: TLS 1.2 and 1.3, our suites, no renegotiation, no resumption.</summary>
internal static class TlsOptions
{
    public const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <param name="ours">Our certificate; null: we have none.</param>
    /// <param name="shared">
    /// The platform shares a context among handshakes, see <see cref="SharedContext"/>: it then allows resumption and chooses the suites, and the context refuses
    /// the one and narrows the other.
    /// </param>
    /// <param name="protocols">ALPN; null: none.</param>
    public static SslServerAuthenticationOptions ForServer(SslStreamCertificateContext? ours, bool shared, List<SslApplicationProtocol>? protocols) => new()
    {
        ServerCertificateContext = ours,
        EnabledSslProtocols = Protocols,
        CipherSuitesPolicy = shared ? null : TlsSuites.Policy,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        AllowRenegotiation = false,
        AllowTlsResume = shared,
        ApplicationProtocols = protocols,
    };

    /// <param name="ours">Our certificate; null: we have none.</param>
    /// <param name="wanted">The name that we ask for.</param>
    /// <param name="shared">As in <see cref="ForServer"/>.</param>
    /// <param name="protocols">ALPN; null: none.</param>
    public static SslClientAuthenticationOptions ForClient(
        SslStreamCertificateContext? ours, string wanted, bool shared, List<SslApplicationProtocol>? protocols) => new()
    {
        TargetHost = wanted,
        ClientCertificateContext = ours,
        EnabledSslProtocols = Protocols,
        CipherSuitesPolicy = shared ? null : TlsSuites.Policy,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        AllowRenegotiation = false,
        AllowTlsResume = shared,
        ApplicationProtocols = protocols,
    };
}
