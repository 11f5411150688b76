using System.Net.Security;
using System.Net.Sockets;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Probing;

/// <summary>How a probe's stream ended.</summary>
/// <param name="Failure">Why it failed; null: the peer would have us.</param>
/// <param name="Method">How it was authenticated; null: it was not.</param>
/// <param name="Detail">What exactly; may quote the peer.</param>
internal sealed record ProbeEnd(StreamEndReason? Failure, AuthenticationMethod? Method, string Detail);

/// <summary>
/// One stream of a probe: carries out what its negotiation says, over a connection, until that is over, and ends it in order. It has no pump, no queue and
/// no route, so it sends what the negotiation sends and nothing else. Each answer has its deadline, and so has the whole.
/// </summary>
internal sealed class ProbeStream(
    Socket socket, TlsUpgrade upgrade, OutboundNegotiation negotiation, NegotiationTrace trace, TimeSpan timeout, TimeProvider time, Action<string> tell) : IAsyncDisposable
{
    /// <summary>Answers that a negotiation may take; a peer that only keeps us busy is left.</summary>
    private const int MostSteps = 8;

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly SocketStream transport = new(socket);
    private readonly byte[] buffer = new byte[FramerLimits.Unauthenticated.ElementBytes + 4096];
    private Stream? current;
    private SslStream? tls;
    private StreamFramer framer = new(FramerLimits.Unauthenticated);
    private AuthenticationMethod? method;
    private ProbeEnd? end;
    private ReadOnlyMemory<byte> farewell;
    private int length;

    /// <summary>What the peer showed; null: there was no TLS.</summary>
    public PeerCertificate? Certificate { get; private set; }

    /// <summary>What TLSA records say of the certificate; null: policy does not let them speak.</summary>
    public TlsaFindings? Tlsa { get; init; }

    /// <summary>Negotiates to the end.</summary>
    /// <param name="direct">TLS comes first.</param>
    /// <param name="cancellation">The caller gave up.</param>
    public async Task<ProbeEnd> RunAsync(bool direct, CancellationToken cancellation)
    {
        current = transport;
        using var whole = new CancellationTokenSource(timeout * MostSteps, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(whole.Token, cancellation);
        try
        {
            await CarryAsync(negotiation.Start(), direct, ending.Token);
            while (end is null)
                await CarryAsync(await NextAsync(ending.Token), direct: false, ending.Token);
            await LeaveAsync(cancellation);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            if (end is null)
                await GiveUpAsync(cancellation);
        }
        catch (Exception fault) when (fault is IOException or SocketException or ObjectDisposedException)
        {
            end ??= new ProbeEnd(StreamEndReason.ConnectionLost, Method: null, fault.Message);
        }

        return end!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (tls is not null)
            await tls.DisposeAsync();
        await transport.DisposeAsync();
    }

    /// <summary>The peer is too late: what may be said in farewell is said.</summary>
    private async Task GiveUpAsync(CancellationToken cancellation)
    {
        await CarryAsync(negotiation.Close(StreamEndReason.NegotiationTimeout, error: null, $"no answer in time, in the state {negotiation.State}"), direct: false, cancellation);
        try
        {
            await LeaveAsync(cancellation);
        }
        catch (Exception fault) when (fault is IOException or SocketException or ObjectDisposedException or InvalidOperationException || (fault is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // It does not hear that either.
        }
    }

    private async Task CarryAsync(IReadOnlyList<NegotiationEffect> effects, bool direct, CancellationToken cancellation)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case NegotiationEffect.Send send:
                    await InTimeAsync(late => current!.WriteAsync(send.Xml, late).AsTask(), cancellation);
                    break;
                case NegotiationEffect.StartTls:
                    await SecureAsync(direct, cancellation);
                    return;
                case NegotiationEffect.Restart:
                    framer = new StreamFramer(FramerLimits.Unauthenticated);
                    break;
                case NegotiationEffect.Authenticated authenticated:
                    method = authenticated.Method;
                    trace.Add(NegotiationStepKind.Authenticated, authenticated.Method.ToString());
                    await CarryAsync(negotiation.Close(StreamEndReason.Retired, error: null, "nothing is to be sent"), direct: false, cancellation);
                    return;
                case NegotiationEffect.Close close:
                    farewell = close.Farewell;
                    end = new ProbeEnd(close.Reason == StreamEndReason.Retired ? null : close.Reason, method, close.Detail);
                    return;
                default:
                    break; // what is dropped, or asks for a lookup, concerns no probe
            }
        }
    }

    private async Task SecureAsync(bool direct, CancellationToken cancellation)
    {
        tell("TLS handshake");
        if (!upgrade.MayFollow(buffer.AsSpan(0, length), direct, out _))
        {
            end = new ProbeEnd(StreamEndReason.TlsFailed, Method: null, "the peer sent plaintext behind <proceed/>");
            return;
        }

        TlsSession? session = null;
        var failure = string.Empty;
        await InTimeAsync(async late => (session, failure) = await upgrade.AuthenticateAsync(transport, new TlsStart(direct, Addressed: null), late), cancellation);
        if (session is null)
        {
            end = new ProbeEnd(StreamEndReason.TlsFailed, Method: null, failure);
            return;
        }

        current = tls = session.Stream;
        Certificate = session.Certificate;
        if (Tlsa is not null)
        {
            Certificate.Learn(Tlsa);
            trace.Add(NegotiationStepKind.Tlsa, LogText.Of(Tlsa.ToText()));
        }

        transport.Meter();
        framer = new StreamFramer(FramerLimits.Unauthenticated);
        trace.Secured(session);
        await CarryAsync(negotiation.OnTlsEstablished(session.Certificate), direct: false, cancellation);
    }

    /// <summary>The next thing that the peer says, and what the negotiation makes of it.</summary>
    private async Task<IReadOnlyList<NegotiationEffect>> NextAsync(CancellationToken cancellation)
    {
        tell($"waiting for the peer ({negotiation.State})");
        using var timer = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellation);
        while (true)
        {
            if (Read() is { } effects)
                return effects;
            if (length == buffer.Length)
                return negotiation.OnViolation(new FramingViolation(StreamErrorCondition.PolicyViolation, "more than a negotiation may take"));
            var count = await current!.ReadAsync(buffer.AsMemory(length), either.Token);
            if (count == 0)
                return negotiation.Close(StreamEndReason.ConnectionLost, error: null, "closed without an end tag");
            transport.Earn(count);
            length += count;
        }
    }

    private IReadOnlyList<NegotiationEffect>? Read()
    {
        if (length == 0)
            return null;
        var status = framer.Read(buffer.AsSpan(0, length), out var consumed, out var frame);
        IReadOnlyList<NegotiationEffect>? effects = null;
        switch (status)
        {
            case FrameStatus.Incomplete:
                break;
            case FrameStatus.Header:
                trace.Saw(framer.Header!);
                effects = negotiation.OnHeader(framer.Header!);
                break;
            case FrameStatus.End:
                effects = negotiation.Close(StreamEndReason.PeerClosed, error: null, "the peer ended the stream");
                break;
            case FrameStatus.Violation:
                effects = negotiation.OnViolation(framer.Violation!);
                break;
            default:
                var element = frame.ToElement();
                trace.Saw(element);
                effects = negotiation.OnElement(element);
                break;
        }

        buffer.AsSpan(consumed, length - consumed).CopyTo(buffer);
        length -= consumed;
        return effects;
    }

    /// <summary>The orderly end: our end tag, close_notify, FIN, and a moment for the peer's.</summary>
    private async Task LeaveAsync(CancellationToken cancellation)
    {
        using var timer = new CancellationTokenSource(timeout < Farewell ? timeout : Farewell, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellation);
        if (!farewell.IsEmpty)
            await current!.WriteAsync(farewell, either.Token);
        if (tls is not null)
            await CloseNotify.SendAsync(tls).WaitAsync(either.Token);
        socket.Shutdown(SocketShutdown.Send);
        while (await current!.ReadAsync(buffer, either.Token) > 0)
        {
            // Whatever it still says is read, so that our last bytes are not lost to a reset.
        }
    }

    private async Task InTimeAsync(Func<CancellationToken, Task> step, CancellationToken cancellation)
    {
        using var timer = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellation);
        await step(either.Token);
    }
}
