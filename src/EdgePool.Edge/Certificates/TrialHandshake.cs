using System.Net.Security;
using EdgePool.Edge.Transport;

namespace EdgePool.Edge.Certificates;

/// <summary>
/// A handshake in memory with a certificate that is to be put in force. OpenSSL says only in a handshake that it does not take a certificate: a key or an
/// intermediate's key that is too short, a signature with SHA-1, a curve that nobody negotiates. Then every new stream would fail.
/// </summary>
internal static class TrialHandshake
{
    /// <summary>Null when the certificate serves; else why not.</summary>
    public static async Task<string?> FaultAsync(EdgeCertificate ours, TimeProvider time)
    {
        await using var handshake = new HandshakeInMemory();
        try
        {
            await handshake.RunAsync(
                TlsOptions.ForServer(SslStreamCertificateContext.Create(ours.Certificate, [.. ours.Intermediates], offline: true), shared: false, protocols: null),
                new SslClientAuthenticationOptions
                {
                    TargetHost = "trial.invalid",
                    RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetRawCertData().AsSpan().SequenceEqual(ours.Certificate.RawDataMemory.Span) is true,
                    EnabledSslProtocols = TlsOptions.Protocols,
                },
                time);
            return null;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return $"the TLS library does not take {ours.Certificate.Subject} ({fault.InnerException?.Message ?? fault.Message})";
        }
    }
}
