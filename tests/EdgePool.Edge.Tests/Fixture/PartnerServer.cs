using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Threading.Channels;
using System.Xml.Linq;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;

namespace EdgePool.Edge.Tests.Fixture;

/// <summary>The server that the edge connects to for a partner: takes TLS and SASL EXTERNAL as a good one does and keeps the stanzas that it gets.</summary>
internal sealed class PartnerServer : IAsyncDisposable
{
    private readonly string domain;
    private readonly IssuedCertificate certificate;
    private readonly ScriptedListener listener = new() { Patience = Timeout.InfiniteTimeSpan };
    private readonly Channel<XElement> inbox = Channel.CreateBounded<XElement>(10_000);
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentBag<Task> streams = [];
    private readonly Task accepting;

    public PartnerServer(string domain, IssuedCertificate certificate)
    {
        (this.domain, this.certificate) = (domain, certificate);
        accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => listener.EndPoint;

    /// <summary>Connections so far.</summary>
    public int Connections => streams.Count;

    /// <summary>The next stanza.</summary>
    public async Task<XElement> ReceiveAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            return await inbox.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new DialogueException($"{domain} received nothing more for 20 s", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Dispose();
        await Task.WhenAll([accepting, .. streams]);
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                streams.Add(ServeAsync(await listener.AcceptAsync(domain, stopping.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            // The server is closed.
        }
    }

    private async Task ServeAsync(ScriptedPeer peer)
    {
        peer.Patience = Timeout.InfiniteTimeSpan;
        await using (peer)
        {
            try
            {
                await NegotiateAsync(peer);
                while (await peer.HearAsync(stopping.Token) is { Kind: HeardKind.Element, Element: { } stanza })
                    await inbox.Writer.WriteAsync(stanza, stopping.Token);
                await peer.SendAsync("</stream:stream>", stopping.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or DialogueException)
            {
                // The other side is gone, or the server is closed.
            }
        }
    }

    private async Task NegotiateAsync(ScriptedPeer peer)
    {
        await OpenAsync(peer, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>");
        await peer.ExpectAsync("tls:starttls", stopping.Token);
        await peer.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", stopping.Token);
        await peer.UpgradeTlsAsync(ServerTls(certificate), stopping.Token);
        await OpenAsync(peer, "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>");
        await peer.ExpectAsync("sasl:auth", stopping.Token);
        await peer.SendAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", stopping.Token);
        peer.Restart();
        await OpenAsync(peer, string.Empty);
    }

    private async Task OpenAsync(ScriptedPeer peer, string features)
    {
        var header = await peer.ExpectHeaderAsync(stopping.Token);
        var answer = Wire.Header(domain, header.Attribute("from")!.Value, extra: $"id='{Guid.NewGuid():N}' ");
        await peer.SendAsync($"{answer}<stream:features>{features}</stream:features>", stopping.Token);
    }

    /// <summary>TLS as a partner's server speaks it.</summary>
    public static SslServerAuthenticationOptions ServerTls(IssuedCertificate certificate) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate.Certificate, certificate.Intermediates, offline: true),
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = (_, _, _, _) => true,
    };
}
