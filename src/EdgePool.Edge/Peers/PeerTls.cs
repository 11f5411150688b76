using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Edge.Peers;

/// <summary>
/// TLS between nodes: 1.3 alone, both sides show a certificate, and of that the key alone counts: it is the one that the record of a node names, as this node has
/// last seen it. No name, chain or date is looked at, and nothing that a certificate names is fetched.
/// </summary>
internal static class PeerTls
{
    /// <summary>The protocol and its version (ALPN, RFC 7301).</summary>
    public static readonly SslApplicationProtocol Protocol = new("edgepool-peer/2");

    /// <param name="ours">Our certificate.</param>
    /// <param name="admits">Whether a key is that of a node of the pool.</param>
    public static SslServerAuthenticationOptions ForServer(SslStreamCertificateContext ours, Func<string, bool> admits) => new()
    {
        ServerCertificateContext = ours,
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls13,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        ApplicationProtocols = [Protocol],
        CertificateChainPolicy = NothingFetched(),
        RemoteCertificateValidationCallback = (_, shown, _, _) => Admits(shown, admits),
    };

    /// <param name="ours">Our certificate.</param>
    /// <param name="admits">Whether a key is that of the node that was called.</param>
    public static SslClientAuthenticationOptions ForClient(SslStreamCertificateContext ours, Func<string, bool> admits) => new()
    {
        TargetHost = string.Empty,
        ClientCertificateContext = ours,
        EnabledSslProtocols = SslProtocols.Tls13,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        ApplicationProtocols = [Protocol],
        CertificateChainPolicy = NothingFetched(),
        RemoteCertificateValidationCallback = (_, shown, _, _) => Admits(shown, admits),
    };

    private static bool Admits(X509Certificate? shown, Func<string, bool> admits) => shown is X509Certificate2 certificate && admits(PeerIdentity.KeyOf(certificate));

    private static X509ChainPolicy NothingFetched() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };
}
