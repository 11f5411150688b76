using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;

namespace EdgePool.Edge.Streams;

/// <content>TLS, and what is known of the certificate that the peer has shown.</content>
internal abstract partial class StreamActor
{
    private TlsSession? tls;
    private PumpEvent? kept;

    protected PeerCertificate? Certificate => tls?.Certificate;

    /// <summary>True when what came turns on TLSA records that are being looked for; then <see cref="TakeTlsa"/> goes on with it.</summary>
    protected virtual bool MustAwaitTlsa(PumpEvent met) => false;

    /// <summary>The DNS has said what there is of TLSA records for a domain; what was kept for that is decided.</summary>
    protected void TakeTlsa(TlsaFindings found)
    {
        if (closing || Certificate is not { } shown)
            return;
        shown.Learn(found);
        Trace.Add(NegotiationStepKind.Tlsa, LogText.Of(found.ToText()));
        Edge.Trust.SayTlsa(Info.Number, shown, found);
        if (kept is not { } met)
            return;
        kept = null;
        OnMet(met);
    }

    private void Take(TlsSession session)
    {
        tls = session;
        Trace.Secured(session);
        Timers.Cancel(HandshakeTimer);
        Info.Tls = session.Stream.SslProtocol.ToString();
        Info.Cipher = session.Stream.NegotiatedCipherSuite.ToString();
        StreamLog.Secured(Edge.Logs.Streams, Info.Number, Info.Tls);
    }

    /// <summary>A certificate that was refused for its key is worth an alarm, whatever becomes of the stream.</summary>
    private void SayUnexpected()
    {
        if (Certificate?.TakeUnexpected() is { } unexpected)
            Edge.Trust.Refused(Info.Number, Certificate, unexpected);
    }

    private static async Task DisposeAfterAsync(Task ended, System.Net.Security.SslStream stream)
    {
        await ended;
        await stream.DisposeAsync();
    }
}
