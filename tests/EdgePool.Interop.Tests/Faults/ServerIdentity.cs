using System.Net.Security;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>A server's domain and certificate, and the negotiation that it speaks on either side: STARTTLS, SASL EXTERNAL, stream management.</summary>
/// <param name="domain">The domain.</param>
/// <param name="certificate">For it.</param>
internal sealed class ServerIdentity(string domain, IssuedCertificate certificate)
{
    private const string Features = "<stream:features>";
    private const string External = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";

    private readonly SslStreamCertificateContext context = SslStreamCertificateContext.Create(certificate.Certificate, certificate.Intermediates, offline: true);

    public string Domain => domain;

    /// <summary>The initiating side, up to where stanzas may flow and are counted.</summary>
    public async Task OpenAsync(ScriptedPeer peer, string to)
    {
        await HeaderAsync(peer, to);
        await peer.ExpectAsync("stream:features/tls:starttls");
        await peer.SendAsync("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await peer.ExpectAsync("tls:proceed");
        await peer.UpgradeTlsAsync(new SslClientAuthenticationOptions
        {
            TargetHost = to,
            ClientCertificateContext = context,
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        });
        await HeaderAsync(peer, to);
        await peer.ExpectAsync("stream:features/sasl:mechanisms/sasl:mechanism[.='EXTERNAL']");
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await peer.ExpectAsync("sasl:success");
        await HeaderAsync(peer, to);
        await peer.ExpectAsync("stream:features/sm:sm");
        await peer.SendAsync("<enable xmlns='urn:xmpp:sm:3'/>");
        await peer.ExpectAsync("sm:enabled");
    }

    /// <summary>The receiving side, up to where stanzas may flow; stream management is the other side's to enable.</summary>
    public async Task AcceptAsync(ScriptedPeer peer)
    {
        await AnswerAsync(peer, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>");
        await peer.ExpectAsync("tls:starttls");
        await peer.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await peer.UpgradeTlsAsync(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = context,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        });
        await AnswerAsync(peer, External);
        await peer.ExpectAsync("sasl:auth[@mechanism='EXTERNAL']");
        await peer.SendAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        peer.Restart();
        await AnswerAsync(peer, "<sm xmlns='urn:xmpp:sm:3'/>");
    }

    private async Task HeaderAsync(ScriptedPeer peer, string to)
    {
        await peer.SendHeaderAsync(domain, to);
        await peer.ExpectHeaderAsync();
    }

    private async Task AnswerAsync(ScriptedPeer peer, string features)
    {
        var header = await peer.ExpectHeaderAsync();
        await peer.SendHeaderAsync(domain, header.Attribute("from")?.Value, id: Guid.NewGuid().ToString("N"));
        await peer.SendAsync(Features + features + "</stream:features>");
    }
}
