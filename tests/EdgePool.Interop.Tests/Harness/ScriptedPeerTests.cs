using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;
using EdgePool.Testing.Transport;

namespace EdgePool.Interop.Tests.Harness;

/// <summary>Two scripted peers talk with each other: what they cannot say or hear, no test can.</summary>
public sealed class ScriptedPeerTests
{
    [Fact]
    public async Task Dialogue_WithStartTlsAndRestarts_IsHeardAsItIsSaid()
    {
        using var authority = new TestCertificateAuthority();
        using var certificate = authority.Issue(LeafRequest.For("contoso.example") with { ByIntermediate = true });
        var (left, right) = DuplexPipe.CreatePair();
        await using var initiating = new ScriptedPeer(left, "initiating");
        await using var receiving = new ScriptedPeer(right, "receiving");

        await initiating.SendHeaderAsync("partner.example", "contoso.example");
        Assert.Equal("contoso.example", (await receiving.ExpectHeaderAsync()).Attribute("to")?.Value);
        await receiving.SendHeaderAsync("contoso.example", "partner.example", id: "1");
        await receiving.SendAsync("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>");
        await initiating.ExpectHeaderAsync();
        await initiating.ExpectAsync("stream:features/tls:starttls/tls:required");
        await initiating.SendByteByByteAsync("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await receiving.ExpectAsync("tls:starttls");
        await receiving.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await initiating.ExpectAsync("tls:proceed");
        await UpgradeAsync(authority, certificate, initiating, receiving);

        await initiating.SendHeaderAsync("partner.example", "contoso.example");
        await receiving.ExpectHeaderAsync();
        await receiving.SendHeaderAsync("contoso.example", "partner.example", id: "2");
        await receiving.SendAsync("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>");
        Assert.Equal("2", (await initiating.ExpectHeaderAsync()).Attribute("id")?.Value);
        await initiating.ExpectAsync("stream:features/sasl:mechanisms[sasl:mechanism='EXTERNAL']");
        await initiating.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await receiving.ExpectAsync("sasl:auth[@mechanism='EXTERNAL']");
        await receiving.SendAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        await initiating.ExpectAsync("sasl:success");
        await initiating.SendHeaderAsync("partner.example", "contoso.example");
        await receiving.ExpectHeaderAsync();
        await receiving.SendHeaderAsync("contoso.example", "partner.example", id: "3");
        await receiving.SendAsync("<stream:features/> <message from='a@contoso.example' to='b@partner.example'><body><![CDATA[</body>]]></body></message>");
        await initiating.ExpectHeaderAsync();
        await initiating.ExpectAsync("stream:features");
        await initiating.ExpectAsync("server:message/body[.='</body>']");
        await receiving.SendAsync("<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
        await receiving.DisposeAsync();
        await initiating.ExpectStreamErrorAsync("system-shutdown");
    }

    [Fact]
    public async Task Expectation_OfWhatIsNotSaid_FailsWithTheDialogue()
    {
        var (left, right) = DuplexPipe.CreatePair();
        await using var peer = new ScriptedPeer(left) { Patience = TimeSpan.FromMilliseconds(50) };
        await using var other = new ScriptedPeer(right);
        await other.SendHeaderAsync(null, "contoso.example");
        await peer.ExpectHeaderAsync();
        await other.SendAsync("<message/>");
        var wrong = await Assert.ThrowsAsync<DialogueException>(() => peer.ExpectAsync("presence"));
        Assert.Contains("expected presence, heard Element <message/>", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("← <stream:stream", wrong.Message, StringComparison.Ordinal);
        var silent = await Assert.ThrowsAsync<DialogueException>(() => peer.ExpectAsync("iq[@type='result']"));
        Assert.Contains("expected iq[@type='result']: heard nothing", silent.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writer_WhoseReaderDoesNotRead_WaitsAtTheWindow()
    {
        var (left, right) = DuplexPipe.CreatePair(window: 1000);
        await left.WriteAsync(new byte[999]);
        var over = left.WriteAsync(new byte[1]).AsTask();
        Assert.False(over.IsCompleted);
        await right.ReadExactlyAsync(new byte[1000]);
        await over;
        await left.DisposeAsync();
        Assert.Equal(0, await right.ReadAsync(new byte[1]));
    }

    private static Task UpgradeAsync(TestCertificateAuthority authority, IssuedCertificate certificate, ScriptedPeer initiating, ScriptedPeer receiving)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { authority.Root },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        var server = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate.Certificate, certificate.Intermediates, offline: true),
        };
        return Task.WhenAll(
            receiving.UpgradeTlsAsync(server),
            initiating.UpgradeTlsAsync(new SslClientAuthenticationOptions { TargetHost = "contoso.example", CertificateChainPolicy = policy }));
    }
}
