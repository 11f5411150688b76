using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using EdgePool.Edge.Tests.Fixture;
using Xunit;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>Hostile ways into TLS: RFC 6120 section 5, RFC 7590, XEP-0368.</summary>
[Collection(nameof(HostileCollection))]
public sealed class TlsTests(EdgeFixture fixture) : HostileTests<EdgeFixture>(fixture)
{
    private const string StartTls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    private const string Proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    private const string TlsFailure = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>";

    public static TheoryData<string> RefusedHellos => [.. Hellos.Keys];

    /// <summary>Alerts: 40 handshake_failure, 70 protocol_version.</summary>
    private static Dictionary<string, (byte[] Hello, byte[] Alerts)> Hellos { get; } = new(StringComparer.Ordinal)
    {
        ["TLS-15 TLS 1.1"] = (new ClientHello { Version = 0x0302 }.Write(), [70]),
        ["TLS-15 TLS 1.0"] = (new ClientHello { Version = 0x0301 }.Write(), [70]),
        ["TLS-16 CBC"] = (new ClientHello { Suites = [0xC009, 0xC013, 0xC023, 0xC027] }.Write(), [40]),
        ["TLS-16 RSA key exchange"] = (new ClientHello { Suites = [0x009C, 0x009D, 0x002F, 0x0035] }.Write(), [40]),
        ["TLS-16 3DES"] = (new ClientHello { Suites = [0xC008, 0xC012, 0x000A] }.Write(), [40]),
        ["TLS-16 RC4"] = (new ClientHello { Suites = [0xC007, 0xC011, 0x0005] }.Write(), [40]),
        ["TLS-17 FFDHE"] = (new ClientHello { Suites = [0x009E, 0x009F], Groups = [256] }.Write(), [40]),
        ["TLS-17 P-224"] = (new ClientHello { Groups = [21] }.Write(), [40]),
        ["TLS-17 SHA-1"] = (new ClientHello { Signatures = [0x0203, 0x0201] }.Write(), [40]),
    };

    [Theory]
    [MemberData(nameof(RefusedHellos))]
    public async Task WeakHello_BehindStartTlsOrDirectly_EndsInAnAlert(string id)
    {
        var (hello, alerts) = Hellos[id];
        foreach (var direct in new[] { true, false })
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(edge.Outside);
            await using var stream = new NetworkStream(socket);
            if (!direct)
                await AskForTlsAsync(stream);
            await stream.WriteAsync(hello);
            var answer = await ReadToEndAsync(stream);
            Assert.Equal(0x15, answer[0]);
            Assert.Equal(7, answer.Length);
            Assert.Contains(answer[6], alerts);
            var record = await edge.EndOfAsync((IPEndPoint)socket.LocalEndPoint!);
            Assert.Equal("tls-failed", record.Values["Reason"]);
        }
    }

    // TLS-15: an SSLv2 hello is no TLS record.
    [Fact]
    public async Task Sslv2Hello_TLS15_BehindStartTls_EndsWithoutApplicationData()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(edge.Outside);
        await using var stream = new NetworkStream(socket);
        await AskForTlsAsync(stream);
        await stream.WriteAsync(Convert.FromHexString("802E0100020015000000100100800300800700C0060040020080040080000000000000000000000000000000000000"));
        var answer = await ReadToEndAsync(stream);
        Assert.True(answer.Length == 0 || answer[0] == 0x15, Convert.ToHexString(answer));
    }

    // TLS-27
    [Theory]
    [InlineData(16_384)]
    [InlineData(1)]
    public async Task LargeHello_TLS27_HoweverFragmented_EndsOrIsAnswered(int recordBytes)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(edge.Outside);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(new ClientHello { UnknownExtensions = 200, PaddingBytes = 76 }.Write(recordBytes));
        socket.Shutdown(SocketShutdown.Send);
        var answer = await ReadToEndAsync(stream);
        Assert.True(answer.Length == 0 || answer[0] is 0x15 or 0x16, Convert.ToHexString(answer));
        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    // TLS-01
    [Fact]
    public async Task Stanza_TLS01_BehindStartTls_IsNeverParsed()
    {
        await using var peer = await OpenPlainAsync();
        await peer.SendAsync(StartTls + Wire.Body("x"));
        await peer.HearAsync(Proceed);
        await Assert.ThrowsAnyAsync<Exception>(() => peer.UpgradeAsync(EdgeFixture.ClientTls(edge.P1, protocol: null)));
        Assert.Empty(await edge.HeardAtComponentAsync());
        Assert.Equal("tls-failed", (await edge.EndOfAsync(peer.LocalEndPoint)).Values["Reason"]);
    }

    // TLS-02
    [Trait("compat", "starttls-line-end")]
    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData(" \t\r\n \t\r\n \t\r\n \t\r\n")]
    public async Task WhiteSpace_TLS02_BehindStartTls_IsDiscarded(string space)
    {
        await using var together = await OpenPlainAsync();
        await together.SendAsync(StartTls + space);
        await together.HearAsync(Proceed);
        await together.UpgradeAsync(EdgeFixture.ClientTls(edge.P1, protocol: null));
        Assert.NotNull(together.Tls);

        await using var apart = await OpenPlainAsync();
        await apart.SendAsync(StartTls);
        await apart.HearAsync(Proceed);
        await apart.SendAsync(space);
        await apart.UpgradeAsync(EdgeFixture.ClientTls(edge.P1, protocol: null));
        Assert.NotNull(apart.Tls);
    }

    // TLS-04
    [Fact]
    public async Task ClientHello_TLS04_PipelinedBehindStartTls_IsNotLost()
    {
        await using var peer = await OpenPlainAsync();
        await peer.UpgradePipelinedAsync(StartTls, Proceed, EdgeFixture.ClientTls(edge.P1, protocol: null));
        await peer.SendAsync(Wire.Header());
        await peer.HearAsync("<mechanism>EXTERNAL</mechanism>.*</stream:features>");
    }

    // TLS-06, TLS-14: nothing of the stream before TLS is left; compression is never offered.
    [Fact]
    public async Task Stream_TLS06_TLS14_AtEachRestart_IsNew()
    {
        await using var peer = await RawPeer.ConnectAsync(edge.Outside);
        await peer.SendAsync(Wire.Header());
        var plain = await peer.HearAsync("</stream:features>");
        Assert.Matches("^" + Wire.OurHeader + "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>$", plain);
        await peer.SendAsync(StartTls);
        await peer.HearAsync(Proceed);
        await peer.UpgradeAsync(EdgeFixture.ClientTls(edge.P1, protocol: null));
        await peer.SendAsync(Wire.Header());
        var secured = await peer.HearAsync("</stream:features>");
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await peer.HearAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        await peer.SendAsync(Wire.Header());
        var authenticated = await peer.HearAsync("</stream:features>");
        Assert.Equal(3, new[] { plain, secured, authenticated }.Select(IdOf).Distinct(StringComparer.Ordinal).Count());
        Assert.DoesNotContain("compress", plain + secured + authenticated, StringComparison.Ordinal);
    }

    // TLS-07
    [Theory]
    [InlineData("p2.example", "edge.example")]
    [InlineData("p1.example", "away.example")]
    public async Task Header_TLS07_ChangedAfterTls_IsImproperAddressing(string from, string to)
    {
        await using var peer = await OpenPlainAsync();
        await peer.SendAsync(StartTls);
        await peer.HearAsync(Proceed);
        await peer.UpgradeAsync(EdgeFixture.ClientTls(edge.P1, protocol: null));
        await peer.SendAsync(Wire.Header(from, to));
        await ExpectEndAsync(peer, Wire.OurHeader + Wire.StreamError("improper-addressing"));
    }

    // TLS-12
    [Fact]
    public async Task StartTls_TLS12_InsideTls_IsRefused()
    {
        await using var authenticated = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await authenticated.SendAsync(StartTls);
        await ExpectEndAsync(authenticated, TlsFailure);
        var (opened, _) = await edge.OpenAsync(edge.P1, "p1.example");
        await using var _ = opened;
        await opened.SendAsync(StartTls);
        await ExpectEndAsync(opened, TlsFailure);
    }

    // TLS-14. 'x' begins both zlib's bytes and many a text: without the refusal before it, it is XML-55.
    [Fact]
    public async Task Compression_TLS14_WhenAskedFor_IsRefusedAndTheStreamLivesOn()
    {
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await peer.SendAsync("<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>");
        await peer.HearAsync("^<failure xmlns='http://jabber.org/protocol/compress'><setup-failed/></failure>");
        await peer.SendAsync(Wire.Body("x"));
        Assert.Single(await edge.HeardAtComponentAsync(1));
        await peer.SendAsync("⟦78 9C 4B CE CF⟧");
        await ExpectEndAsync(peer, Wire.StreamError("not-well-formed"));
    }

    // TLS-19: an update of the keys is 27 bytes on the wire and brings nothing; the connection ends when too many come upon each other.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task KeyUpdates_TLS19_InAFlood_EndTheConnection(bool answered)
    {
        const int Flood = 10_000;
        using var client = OpenSslClient.Connect(edge.Outside, "edge.example", "xmpp-server");
        Assert.Equal("TLSv1.3", client.Version);
        var updates = await Task.Run(() =>
        {
            for (var sent = 0; sent < Flood; sent++)
            {
                if (!client.TryUpdateKeys(answered))
                    return sent;
            }

            return Flood;
        });

        Assert.InRange(updates, 1_000, Flood);
        var end = await edge.EndOfAsync(client.LocalEndPoint);
        Assert.Equal("tls-failed", end.Values["Reason"]);
        Assert.Contains("without data", end.Message, StringComparison.Ordinal);
    }

    // TLS-19, the other side: data in records of one byte, with an update of the keys now and then, is no flood.
    [Fact]
    public async Task KeyUpdates_TLS19_BetweenBytesOfData_AreNoFlood()
    {
        using var client = OpenSslClient.Connect(edge.Outside, "edge.example", "xmpp-server");
        await Task.Run(() => client.Write(Wire.Header("d1.example")));
        await Task.Run(() => client.ReadUntil("</stream:features>"));
        await Task.Run(() =>
        {
            for (var i = 0; i < 6_000; i++)
            {
                client.Write(" ");
                if (i % 30 == 0)
                    Assert.True(client.TryUpdateKeys(answered: true));
            }

            client.Write("<x xmlns='urn:x'/>");
        });

        Assert.Contains("unsupported-stanza-type", await Task.Run(() => client.ReadUntil("</stream:stream>")), StringComparison.Ordinal);
    }

    // TLS-24: a session kept from one name is taken up under no other, nor under its own.
    [Theory]
    [InlineData("TLSv1.3", "away.example")]
    [InlineData("TLSv1.3", "edge.example")]
    [InlineData("TLSv1.2", "away.example")]
    [InlineData("TLSv1.2", "edge.example")]
    public async Task Session_TLS24_KeptFromOneName_IsNeverResumed(string version, string next)
    {
        using var first = OpenSslClient.Connect(edge.Outside, "edge.example", "xmpp-server", version);
        await Task.Run(() => first.Write(Wire.Header("d1.example")));
        Assert.Contains("</stream:features>", await Task.Run(() => first.ReadUntil("</stream:features>")), StringComparison.Ordinal); // a ticket would come with the first bytes
        Assert.Equal(version, first.Version);
        using var session = first.KeepSession();

        using var second = OpenSslClient.Connect(edge.Outside, next, "xmpp-server", version, session);

        Assert.False(second.Resumed);
    }

    // TLS-20: names of one organisation share its certificate; who names none gets it too.
    [Theory]
    [InlineData("")]
    [InlineData("nobody.example")]
    [InlineData("away.example")]
    public async Task ServerName_TLS20_MissingOrUnknownOrOther_GetsTheDefaultCertificate(string name)
    {
        await using var peer = await RawPeer.ConnectAsync(edge.Outside);
        await peer.UpgradeAsync(EdgeFixture.ClientTls(edge.P1, name));
        Assert.Equal("CN=edge.example", peer.Tls!.RemoteCertificate!.Subject);
        await peer.SendAsync(Wire.Header());
        await peer.HearAsync("</stream:features>");
    }

    // TLS-21 (XEP-0368 section 4)
    [Theory]
    [InlineData("h2")]
    [InlineData("xmpp-client")]
    public async Task DirectTls_TLS21_WithAnotherProtocol_IsRefused(string protocol)
    {
        await using var peer = await RawPeer.ConnectAsync(edge.Outside);
        var failure = await Assert.ThrowsAsync<AuthenticationException>(() => peer.UpgradeAsync(EdgeFixture.ClientTls(edge.P1, protocol: protocol)));
        Assert.Contains("no application protocol", failure.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    // TLS-21
    [Fact]
    public async Task DirectTls_TLS21_WithOurProtocol_IsAgreed()
    {
        await using var peer = await edge.SecureAsync(edge.P1);
        Assert.Equal("xmpp-server", Encoding.ASCII.GetString(peer.Tls!.NegotiatedApplicationProtocol.Protocol.Span));
    }

    // TLS-22: no ticket that we give out allows early data.
    [Fact]
    public async Task Tickets_TLS22_AllowNoEarlyData()
    {
        const string OpenSsl = "/usr/bin/openssl";
        Assert.SkipUnless(File.Exists(OpenSsl), "openssl is not installed");
        var start = new ProcessStartInfo(OpenSsl) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "s_client", "-connect", edge.Outside.ToString(), "-servername", "edge.example", "-alpn", "xmpp-server", "-tls1_3", "-ign_eof" })
            start.ArgumentList.Add(argument);
        using var client = Process.Start(start)!;
        await client.StandardInput.WriteAsync("x"); // no stream: the answer ends the connection, and with it the client
        await client.StandardInput.FlushAsync();
        var output = await client.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
        await client.WaitForExitAsync();
        Assert.Contains("not-well-formed", output, StringComparison.Ordinal);
        Assert.Contains("TLSv1.3", output, StringComparison.Ordinal);
        Assert.DoesNotMatch("Max Early Data: [1-9]", output);
    }

    // TLS-25
    [Trait("compat", "no-end-tag")]
    [Fact]
    public async Task Truncation_TLS25_InTheMiddleOfAStanza_DiscardsIt()
    {
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await peer.SendAsync("<message from='a@p1.example' to='b@edge.example'><body>half");
        peer.Truncate();
        Assert.True((await peer.HearEndAsync()).Fin);
        Assert.Empty(await edge.HeardAtComponentAsync());
        var record = await edge.EndOfAsync(peer.LocalEndPoint);
        Assert.Equal("connection-lost", record.Values["Reason"]);
        Assert.Equal("closed in the middle of an element", record.Values["Detail"]);
    }

    // XML-54: a TLS record where a listener takes STARTTLS alone.
    [Fact]
    public async Task TlsRecord_OnAListenerForStartTls_IsClosedWithoutAWord()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(edge.StartTlsOnly);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(new ClientHello().Write());
        Assert.Empty(await ReadToEndAsync(stream));
    }

    private async Task<RawPeer> OpenPlainAsync()
    {
        var peer = await RawPeer.ConnectAsync(edge.Outside);
        await peer.SendAsync(Wire.Header());
        await peer.HearAsync("</stream:features>");
        return peer;
    }

    private static async Task AskForTlsAsync(NetworkStream stream)
    {
        await stream.WriteAsync(Wire.Encode(Wire.Header() + StartTls));
        var heard = new StringBuilder();
        var chunk = new byte[1];
        while (!heard.ToString().EndsWith(Proceed, StringComparison.Ordinal))
        {
            Assert.Equal(1, await stream.ReadAsync(chunk));
            heard.Append((char)chunk[0]);
        }
    }

    private static async Task<byte[]> ReadToEndAsync(NetworkStream stream)
    {
        var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all).WaitAsync(TimeSpan.FromSeconds(20));
        }
        catch (IOException)
        {
            // A reset behind the alert: what came before it counts.
        }

        return all.ToArray();
    }

    private static async Task ExpectEndAsync(RawPeer peer, string pattern)
    {
        var end = await peer.HearEndAsync();
        Assert.Matches($"^{pattern}$", end.Text);
        Assert.True(end is { CloseNotify: true, Fin: true });
    }

    private static string IdOf(string header) => System.Text.RegularExpressions.Regex.Match(header, " id='([0-9a-f]{32})'").Groups[1].Value;
}
