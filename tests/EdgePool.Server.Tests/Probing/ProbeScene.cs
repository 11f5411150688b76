using System.Net;
using System.Net.Security;
using System.Text.Json;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;
using EdgePool.Server.Tests.Management;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;

namespace EdgePool.Server.Tests.Probing;

/// <summary>A configuration with certificates of now, a name server that knows the partner, and the partner as a script: all on loopback.</summary>
internal sealed class ProbeScene : IAsyncDisposable
{
    public const string Partner = "partner.example";
    public const string Local = "contoso.example";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-probe-").FullName;
    private readonly DnsZones authority = new();
    private readonly DnsServer names;
    private readonly List<ScriptedListener> listeners = [];
    private readonly List<(int Port, bool DirectTls)> records = [];

    public ProbeScene() => names = DnsServer.Start(authority, TimeProvider.System);

    public TestCertificateAuthority Authority { get; } = new();

    public IPEndPoint NameServer => names.EndPoint;

    /// <summary>Ends with the partner's entry and the name server, which may be another.</summary>
    public string Configure(string partner = "saslNegotiation: Optional", IPEndPoint? nameServer = null)
    {
        Write("contoso.secret", "a secret of some length\n");
        Write("dialback.secret", "another secret of some length\n");
        var certificate = Authority.Issue(Local);
        return Write("edgepool.yaml", $$"""
            node: { name: edge-1 }
            domains: [ { name: {{Local}}, backEnd: { component: { secretFile: contoso.secret } } } ]
            listeners:
              s2s: [ { address: "127.0.0.1:0" } ]
              internal: [ { address: "127.0.0.1:0", allowPlain: loopback } ]
            certificates: [ { certificate: "{{certificate.CertificateFile}}", key: "{{certificate.KeyFile}}" } ]
            trust: { ca: ["{{Authority.RootFile}}"] }
            dialback: { secretFile: dialback.secret }
            dns: { servers: ["{{nameServer ?? NameServer}}"] }
            partners: [ { domain: {{Partner}}, {{partner}} } ]
            """);
    }

    /// <summary>One more target of the partner, of the next priority.</summary>
    public ScriptedListener Listen(bool directTls = false)
    {
        var listener = new ScriptedListener();
        listeners.Add(listener);
        records.Add((listener.EndPoint.Port, directTls));
        Publish([.. records]);
        return listener;
    }

    /// <summary>SRV records to these ports of 127.0.0.1, by priority; 0 is the root target: no service.</summary>
    public void Publish(params (int Port, bool DirectTls)[] targets)
    {
        var host = DnsName.Parse("xmpp." + Partner);
        authority.Replace([DnsZone.Create(
            Partner,
            [
                .. targets.Select((target, i) => new SrvRecord(
                    DnsName.Parse((target.DirectTls ? "_xmpps-server._tcp." : "_xmpp-server._tcp.") + Partner), 60, (ushort)(10 * i), 5, (ushort)target.Port, target.Port == 0 ? DnsName.Root : host)),
                new AddressRecord(host, 60, IPAddress.Loopback),
            ])]);
    }

    /// <summary>Runs the command; the partner speaks meanwhile.</summary>
    public async Task<ProbeResult> ProbeAsync(string arguments, Func<Task>? partner = null)
    {
        var speaking = partner?.Invoke() ?? Task.CompletedTask;
        var (code, output, error) = await NodeFixture.CommandAsync(["probe", Partner, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        await speaking;
        return new ProbeResult(code, output, error);
    }

    /// <summary>The receiving side up to its features after TLS.</summary>
    public async Task<ScriptedPeer> AcceptAsync(ScriptedListener listener, string features, IssuedCertificate? certificate = null)
    {
        var peer = await listener.AcceptAsync();
        await OpenAsync(peer, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>");
        await peer.ExpectAsync("tls:starttls");
        await peer.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await peer.UpgradeTlsAsync(Tls(certificate ?? Authority.Issue(Partner)));
        await OpenAsync(peer, features);
        return peer;
    }

    /// <summary>Takes a header, answers it and offers features.</summary>
    public static async Task OpenAsync(ScriptedPeer peer, string features)
    {
        await peer.ExpectHeaderAsync();
        await peer.SendHeaderAsync(Partner, Local, id: "s" + Guid.NewGuid().ToString("N"));
        await peer.SendAsync($"<stream:features>{features}</stream:features>");
    }

    public static SslServerAuthenticationOptions Tls(IssuedCertificate certificate) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate.Certificate, certificate.Intermediates, offline: true),
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = (_, _, _, _) => true,
    };

    public async ValueTask DisposeAsync()
    {
        listeners.ForEach(listener => listener.Dispose());
        await names.DisposeAsync();
        Authority.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(folder, name);
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, OwnerOnly);
        return file;
    }
}

/// <summary>What the command did.</summary>
internal sealed record ProbeResult(int Code, string Output, string Error)
{
    /// <summary>Its first target, where JSON was asked for.</summary>
    public JsonElement Target => JsonElement.Parse(Output).GetProperty("targets")[0];
}
