using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Demo.Peers;

/// <summary>
/// A partner's server in small: takes the edge's streams on a loopback port, opens its own to the edge, both under TLS with SASL EXTERNAL and nothing less.
/// </summary>
internal sealed class DemoPartner : IAsyncDisposable
{
    private const int MostAccepted = 64;

    private readonly DomainName domain;
    private readonly PeerTls tls;
    private readonly IStanzaReceiver receiver;
    private readonly bool acknowledges;
    private readonly Socket listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly DialbackKeys keys = new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
    private readonly CancellationTokenSource stopping = new();
    private readonly List<(PeerStream Stream, Task Running)> streams = [];
    private readonly Lock gate = new();
    private readonly Task accepting;

    /// <param name="domain">The partner's domain.</param>
    /// <param name="certificates">Whom it trusts, and where its own certificate comes from.</param>
    /// <param name="receiver">Takes what the edge brings.</param>
    /// <param name="acknowledges">What the edge brings is acknowledged (XEP-0198).</param>
    public DemoPartner(DomainName domain, DemoCertificates certificates, IStanzaReceiver receiver, bool acknowledges = false)
    {
        (this.domain, this.receiver, this.acknowledges) = (domain, receiver, acknowledges);
        tls = new PeerTls(certificates, domain);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(MostAccepted);
        accepting = AcceptAsync();
    }

    /// <summary>Its domain.</summary>
    public DomainName Domain => domain;

    /// <summary>Where the edge can connect; the SRV record says so.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)listening.LocalEndPoint!;

    /// <summary>Opens a stream to the edge; it is authenticated when this completes.</summary>
    /// <param name="edge">Where to.</param>
    /// <param name="local">The domain that is asked for.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="unacknowledged">Keeps what the edge has not acknowledged (XEP-0198); null: nothing is to be.</param>
    /// <exception cref="DemoException">The edge does not take it.</exception>
    public async Task<PeerStream> OpenAsync(IPEndPoint edge, DomainName local, CancellationToken cancellation, UnacknowledgedStanzas? unacknowledged = null)
    {
        var terms = new NegotiationTerms(AuthenticationMethods.SaslOverTls) { StreamManagement = unacknowledged is not null };
        var negotiation = new OutboundNegotiation(new OutboundSettings(new OutboundGoal.Authenticate(new DomainPair(domain, local)), terms, keys));
        var stream = new PeerStream(await ConnectAsync(edge, cancellation), negotiation, receiver: null, tls, local) { Unacknowledged = unacknowledged };
        Run(stream);
        try
        {
            await stream.Authenticated.WaitAsync(cancellation);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listening.Dispose();
        await accepting;
        (PeerStream Stream, Task Running)[] open;
        lock (gate)
        {
            open = [.. streams];
        }

        foreach (var (stream, running) in open)
        {
            await stream.DisposeAsync();
            await running;
        }

        stopping.Dispose();
    }

    /// <summary>Connects over TCP.</summary>
    /// <exception cref="DemoException">Nobody listens there.</exception>
    internal static async Task<Socket> ConnectAsync(IPEndPoint edge, CancellationToken cancellation)
    {
        var socket = new Socket(edge.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(edge, cancellation);
            return socket;
        }
        catch (SocketException fault)
        {
            socket.Dispose();
            throw new DemoException($"cannot connect to the edge at {edge}: {fault.SocketErrorCode}");
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (var accepted = 0; accepted < MostAccepted; accepted++)
            {
                var socket = await listening.AcceptAsync(stopping.Token);
                var negotiation = new InboundNegotiation(new NegotiationSettings(new Rules(domain, acknowledges), keys, NewStreamId, TlsAvailable: true));
                Run(new PeerStream(socket, negotiation, receiver, tls, wanted: null));
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The demo is over.
        }
    }

    private void Run(PeerStream stream)
    {
        lock (gate)
        {
            streams.Add((stream, stream.RunAsync(stopping.Token)));
        }
    }

    private static string NewStreamId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private sealed class Rules(DomainName own, bool acknowledges) : INegotiationRules
    {
        private readonly NegotiationTerms terms = new(AuthenticationMethods.SaslOverTls) { StreamManagement = acknowledges };

        public bool Serves(DomainName local) => local.Equals(own);

        public NegotiationTerms? TermsFor(DomainPair pair) => terms;

        public bool IsOwn(DomainName domain) => domain.Equals(own);
    }
}
