using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.StreamManagement;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Demo.Peers;

/// <summary>
/// One XML stream of a peer of the edge, accepted or opened: negotiates, then gives every stanza to its receiver, until either side ends the stream.
/// Reading is one loop; any thread may write.
/// </summary>
internal sealed partial class PeerStream : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly IStreamNegotiation negotiation;
    private readonly IStanzaReceiver? receiver;
    private readonly PeerTls? tls;
    private readonly DomainName? wanted;
    private readonly SemaphoreSlim writing = new(1);
    private readonly TaskCompletionSource authenticated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] buffer = new byte[BufferBytes];
    private Stream transport;
    private StreamFramer framer = new(FramerLimits.Authenticated);
    private int start;
    private int end;
    private bool ended;

    /// <param name="socket">Connected; belongs to the stream from now on.</param>
    /// <param name="negotiation">The protocol's side.</param>
    /// <param name="receiver">Takes the stanzas; null where none may come.</param>
    /// <param name="tls">Our certificate; null on a stream without TLS.</param>
    /// <param name="wanted">On a stream that we open, the domain that we ask for.</param>
    public PeerStream(Socket socket, IStreamNegotiation negotiation, IStanzaReceiver? receiver, PeerTls? tls, DomainName? wanted)
    {
        socket.NoDelay = true;
        transport = new NetworkStream(socket, ownsSocket: true);
        (this.negotiation, this.receiver, this.tls, this.wanted) = (negotiation, receiver, tls, wanted);
    }

    /// <summary>Completes when stanzas may flow; fails with <see cref="DemoException"/> when they never will.</summary>
    public Task Authenticated => authenticated.Task;

    /// <summary>Completes when the stream has ended, by whichever side.</summary>
    public Task Ended => over.Task;

    /// <summary>Negotiates and reads until the stream ends. Does not throw for what the other side does.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await CarryAsync(negotiation is OutboundNegotiation outbound ? outbound.Start() : Begin(), cancellation);
            while (!ended)
            {
                if (Parse() is { } effects)
                {
                    await CarryAsync(effects, cancellation);
                    continue;
                }

                if (receiver is not null)
                {
                    await receiver.EndBatchAsync(this, cancellation);
                }

                await FillAsync(cancellation);
            }
        }
        catch (Exception fault) when (fault is IOException or SocketException or AuthenticationException or ObjectDisposedException or OperationCanceledException)
        {
            authenticated.TrySetException(new DemoException($"a stream of a peer broke before it was authenticated: {fault.Message}"));
        }

        over.TrySetResult();
        authenticated.TrySetException(new DemoException("a stream of a peer ended before it was authenticated"));
        _ = authenticated.Task.Exception;
    }

    /// <summary>Writes; one writer at a time, in the order of the calls.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> xml, CancellationToken cancellation)
    {
        await writing.WaitAsync(cancellation);
        try
        {
            await transport.WriteAsync(xml, cancellation);
        }
        finally
        {
            writing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        ended = true;
        await transport.DisposeAsync();
        writing.Dispose();
    }

    private IReadOnlyList<NegotiationEffect> Begin() => negotiation is ComponentHandshake component ? component.Start() : [];

    // What the next element asks for; null when more bytes are needed.
    private IReadOnlyList<NegotiationEffect>? Parse()
    {
        while (true)
        {
            var status = framer.Read(buffer.AsSpan(start, end - start), out var consumed, out var frame);
            start += consumed;
            switch (status)
            {
                case FrameStatus.Incomplete:
                    return null;
                case FrameStatus.Header:
                    return negotiation.OnHeader(framer.Header!);
                case FrameStatus.End:
                    return negotiation.Close(StreamEndReason.PeerClosed, error: null, "the edge ended the stream");
                case FrameStatus.Violation:
                    return negotiation.OnViolation(framer.Violation!);
                case FrameStatus.Element when frame.Kind != StanzaKind.None && receiver is not null && authenticated.Task.IsCompletedSuccessfully:
                    received += management.State == ManagementState.On ? 1u : 0u;
                    receiver.Receive(in frame);
                    break;
                default:
                    return negotiation.OnElement(frame.ToElement());
            }
        }
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        buffer.AsSpan(start, end - start).CopyTo(buffer);
        (start, end) = (0, end - start);
        var count = end < buffer.Length ? await transport.ReadAsync(buffer.AsMemory(end), cancellation) : 0;
        end += count;
        ended |= count == 0;
    }

    private async Task CarryAsync(IReadOnlyList<NegotiationEffect> effects, CancellationToken cancellation)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case NegotiationEffect.Send send:
                    await WriteAsync(send.Xml, cancellation);
                    break;
                case NegotiationEffect.StartTls:
                    await SecureAsync(cancellation);
                    break;
                case NegotiationEffect.Restart:
                    framer = new StreamFramer(FramerLimits.Authenticated);
                    break;
                case NegotiationEffect.Authenticated { StreamManagement: true }:
                    await BeginManagementAsync(cancellation);
                    authenticated.TrySetResult();
                    break;
                case NegotiationEffect.Authenticated:
                    authenticated.TrySetResult();
                    break;
                case NegotiationEffect.Managed managed:
                    await ManageAsync(managed.Element, cancellation);
                    break;
                case NegotiationEffect.Close close:
                    await CloseAsync(close, cancellation);
                    return;
                default:
                    break;
            }
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "the TLS layer takes the place of the transport and is disposed with it")]
    private async Task SecureAsync(CancellationToken cancellation)
    {
        var keys = tls ?? throw new InvalidOperationException("a stream without TLS was asked for TLS");
        var secured = wanted is null ? await keys.AcceptAsync(transport, cancellation) : await keys.ConnectAsync(transport, wanted, cancellation);
        transport = secured;
        framer = new StreamFramer(FramerLimits.Authenticated);
        (start, end) = (0, 0);
        var proof = new PeerTls.Proof(secured);
        await CarryAsync(
            negotiation switch
            {
                OutboundNegotiation outbound => outbound.OnTlsEstablished(proof),
                InboundNegotiation inbound => inbound.OnTlsEstablished(proof),
                _ => [],
            },
            cancellation);
    }

    private async Task CloseAsync(NegotiationEffect.Close close, CancellationToken cancellation)
    {
        ended = true;
        authenticated.TrySetException(new DemoException($"a stream of a peer was refused: {close.Reason.ToText()}; {close.Detail}"));
        if (!close.Farewell.IsEmpty)
        {
            await WriteAsync(close.Farewell, cancellation);
        }

        if (transport is SslStream secured)
        {
            await ShutdownAsync(secured, cancellation);
        }

        await transport.DisposeAsync();
    }

    // It must not meet a write: the platform keeps no order between the two. Reading is where we are.
    private async Task ShutdownAsync(SslStream secured, CancellationToken cancellation)
    {
        await writing.WaitAsync(cancellation);
        try
        {
            await secured.ShutdownAsync();
        }
        finally
        {
            writing.Release();
        }
    }
}
