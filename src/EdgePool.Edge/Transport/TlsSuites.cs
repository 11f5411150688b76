using System.Net.Security;
using System.Text;

namespace EdgePool.Edge.Transport;

/// <summary>Forward secrecy and AEAD alone; the TLS 1.3 suites are those of RFC 8446 that OpenSSL has on. Each list is in order of preference.</summary>
internal static class TlsSuites
{
    /// <summary>As the platform takes them.</summary>
    public static readonly CipherSuitesPolicy Policy = new(
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]);

    /// <summary>The same by OpenSSL's names: those of TLS 1.3.</summary>
    public static readonly IReadOnlyList<string> Tls13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

    /// <summary>The same by OpenSSL's names: those of TLS 1.2.</summary>
    public static readonly IReadOnlyList<string> Tls12 =
    [
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-CHACHA20-POLY1305",
    ];

    /// <summary>Names as OpenSSL's functions take a list of them.</summary>
    public static byte[] ForOpenSsl(IReadOnlyList<string> names) => Encoding.ASCII.GetBytes(string.Join(':', names) + '\0');
}
