using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
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
    private readonly ScriptedListener listener;
    private readonly Channel<XElement> inbox = Channel.CreateBounded<XElement>(10_000);
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentBag<Task> streams = [];
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task accepting;

    public PartnerServer(string domain, IssuedCertificate certificate, IPAddress? address = null)
    {
        (this.domain, this.certificate) = (domain, certificate);
        listener = new ScriptedListener(new IPEndPoint(address ?? IPAddress.Loopback, 0)) { Patience = Timeout.InfiniteTimeSpan };
        accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => listener.EndPoint;

    /// <summary>False: from the end of the negotiation on, nothing is read until <see cref="Release"/>.</summary>
    public bool ReadsStanzas { get; init; } = true;

    /// <summary>What is said about a dialback key; empty: nothing; null: the connection is closed.</summary>
    public Func<XElement, string?> Verify { get; set; } = request => Answer(request, "valid");

    /// <summary>Every dialback key that somebody asked about.</summary>
    public ConcurrentQueue<XElement> Verifications { get; } = new();

    /// <summary>What is said behind each stanza that comes.</summary>
    public string BehindStanza { get; set; } = string.Empty;

    /// <summary>The answer to a question about a key.</summary>
    public static string Answer(XElement request, string type)
        => $"<db:verify from='{request.Attribute("to")!.Value}' to='{request.Attribute("from")!.Value}' id='{request.Attribute("id")!.Value}' type='{type}'/>";

    /// <summary>Connections so far.</summary>
    public int Connections => streams.Count;

    /// <summary>Reads again.</summary>
    public void Release() => released.TrySetResult();

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
                await OpenAsync(peer, await peer.ExpectHeaderAsync(stopping.Token), "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>");
                await peer.ExpectAsync("tls:starttls", stopping.Token);
                await peer.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", stopping.Token);
                await peer.UpgradeTlsAsync(ServerTls(certificate), stopping.Token);
                while (await peer.HearAsync(stopping.Token) is var heard && await TakeAsync(peer, heard))
                {
                    // Until the stream ends.
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or DialogueException or AuthenticationException or InvalidOperationException)
            {
                // The other side is gone, perhaps in the middle of STARTTLS, or the server is closed.
            }
        }
    }

    private async Task<bool> TakeAsync(ScriptedPeer peer, Heard heard)
    {
        switch (heard.Kind)
        {
            case HeardKind.Header:
                await OpenAsync(peer, heard.Element!, "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms><dialback xmlns='urn:xmpp:features:dialback'/>");
                return true;
            case HeardKind.Element when heard.Element!.Name == XmppNames.Sasl + "auth":
                await peer.SendAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", stopping.Token);
                peer.Restart();
                return true;
            case HeardKind.Element when heard.Element!.Name == XmppNames.Dialback + "verify":
                return await VerifyAsync(peer, heard.Element!);
            case HeardKind.Element:
                if (!ReadsStanzas)
                    await released.Task.WaitAsync(stopping.Token);
                await inbox.Writer.WriteAsync(heard.Element!, stopping.Token);
                await peer.SendAsync(BehindStanza, stopping.Token);
                return true;
            default:
                await peer.SendAsync("</stream:stream>", stopping.Token);
                return false;
        }
    }

    private async Task<bool> VerifyAsync(ScriptedPeer peer, XElement verify)
    {
        Verifications.Enqueue(verify);
        var answer = Verify(verify);
        if (answer is null)
            return false;
        await peer.SendAsync(answer, stopping.Token);
        return true;
    }

    private async Task OpenAsync(ScriptedPeer peer, XElement header, string features)
    {
        var answer = Wire.Header(header.Attribute("to")?.Value ?? domain, header.Attribute("from")!.Value, extra: $"id='{Guid.NewGuid():N}' ");
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
