using System.Net;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Servers;

/// <summary>A domain that a server has beside its first one, with the same users.</summary>
internal sealed record ServedDomain(string Name, IssuedCertificate Certificate)
{
    /// <summary>Whether it offers and uses STARTTLS.</summary>
    public bool Tls { get; init; } = true;

    /// <summary>False: served without SASL EXTERNAL. That takes SASL from Prosody's users too, so the domain is a component's; ejabberd 23.01 cannot do it.</summary>
    public bool External { get; init; } = true;
}

/// <summary>How a real server is set up; its ports are the standard ones at an address of its own.</summary>
internal sealed record XmppServerOptions
{
    public const string Password = "correct horse";

    /// <summary>The domain that it serves.</summary>
    public required string Domain { get; init; }

    public IPAddress Address { get; init; } = LoopbackAddresses.Next();

    /// <summary>Its DNS; it asks nobody else.</summary>
    public required IPEndPoint Dns { get; init; }

    public required IssuedCertificate Certificate { get; init; }

    /// <summary>PEM of the authority it trusts; null: it trusts nobody, so that dialback decides.</summary>
    public string? TrustedCa { get; init; }

    /// <summary>Whether it offers and uses SASL EXTERNAL (XEP-0178).</summary>
    public bool External { get; init; } = true;

    /// <summary>Whether it offers and uses dialback (XEP-0220).</summary>
    public bool Dialback { get; init; } = true;

    /// <summary>False: it has no TLS at all; jabberd2 alone can be made so, and its headers are then those from before XMPP 1.0.</summary>
    public bool Tls { get; init; } = true;

    /// <summary>Whether it refuses servers without TLS.</summary>
    public bool RequireTls { get; init; } = true;

    /// <summary>Domains beside <see cref="Domain"/>; what they do not say themselves is as there.</summary>
    public IReadOnlyList<ServedDomain> FurtherDomains { get; init; } = [];

    /// <summary>Local parts of its users; all have <see cref="Password"/>.</summary>
    public IReadOnlyList<string> Users { get; init; } = ["alice"];

    /// <summary>Components it accepts on port 5347, by domain; all have <see cref="Password"/> as secret.</summary>
    public IReadOnlyList<string> Components { get; init; } = [];

    /// <summary>Multi-user chat at conference.DOMAIN (XEP-0045).</summary>
    public bool MultiUserChat { get; init; }

    /// <summary>Takes servers over direct TLS (XEP-0368) on port 5270 too.</summary>
    public bool DirectTls { get; init; }

    /// <summary>Prosody's streams carry stanzas both ways where the other side has it too (XEP-0288); ejabberd 23.01 does not know it.</summary>
    public bool Bidirectional { get; init; }

    /// <summary>Prosody keeps every element of its streams in a file, for tests that ask what was on the wire.</summary>
    public bool WireLog { get; init; }

    /// <summary>Prosody acknowledges stanzas and asks for acknowledgements, on S2S streams too (XEP-0198).</summary>
    public bool StreamManagement { get; init; }

    /// <summary>How long it waits for a server that says nothing, before it goes on to the next SRV target; null: as long as it does by itself.</summary>
    public TimeSpan? Impatience { get; init; }

    /// <summary>Its log also tells of each stanza; only for looking into a fault.</summary>
    public bool Verbose { get; init; }
}

/// <summary>A real XMPP server that a test runs: its configuration, its process, its users.</summary>
internal abstract class XmppServer : IAsyncDisposable
{
    private ServerProcess? process;

    protected XmppServer(XmppServerOptions options, string kind)
    {
        Options = options;
        Folder = Directory.CreateTempSubdirectory($"edgepool-{kind}-").FullName;
    }

    public XmppServerOptions Options { get; }

    public string Domain => Options.Domain;

    public IPEndPoint ServerEndPoint => new(Options.Address, 5269);

    public IPEndPoint DirectTlsEndPoint => new(Options.Address, 5270);

    public IPEndPoint ClientEndPoint => new(Options.Address, 5222);

    public IPEndPoint ComponentEndPoint => new(Options.Address, 5347);

    public ServerProcess Process => process ?? throw new InvalidOperationException("the server does not run");

    protected string Folder { get; }

    /// <summary>Starts the process and waits until it takes clients and servers.</summary>
    public async Task StartAsync()
    {
        process = await LaunchAsync();
        foreach (var endPoint in EndPoints)
            await process.WaitForPortAsync(endPoint);
        await ReadyAsync();
    }

    /// <summary>Ends the process, crashing it if asked, and lets its data stay for the next start.</summary>
    public async Task StopAsync(bool crash = false)
    {
        if (process is null)
            return;
        if (crash)
            await process.KillAsync();
        await process.DisposeAsync();
        process = null;
        await StoppedAsync();
    }

    /// <summary>Logs a user in, at the first domain if none is named.</summary>
    public Task<UserClient> ConnectAsync(string user = "alice", string? domain = null) =>
        UserClient.ConnectAsync(ClientEndPoint, user, domain ?? Domain, XmppServerOptions.Password);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected abstract Task<ServerProcess> LaunchAsync();

    /// <summary>Where it listens once it is up.</summary>
    protected virtual IEnumerable<IPEndPoint> EndPoints => [ServerEndPoint, ClientEndPoint];

    /// <summary>Ends what else it has started.</summary>
    protected virtual ValueTask StoppedAsync() => ValueTask.CompletedTask;

    /// <summary>What remains to be done once the ports are open.</summary>
    protected virtual Task ReadyAsync() => Task.CompletedTask;

    /// <summary>Every domain that it serves.</summary>
    protected IEnumerable<string> Domains => Options.FurtherDomains.Select(d => d.Name).Prepend(Domain);

    /// <summary>Connects the component of a domain.</summary>
    public Task<ComponentClient> ConnectComponentAsync(string domain) => ComponentClient.ConnectAsync(ComponentEndPoint, domain, XmppServerOptions.Password);

    /// <summary>The anchor file to configure: the one asked for, or one that vouches for nobody.</summary>
    protected string AnchorFile()
    {
        if (Options.TrustedCa is { } file)
            return file;
        var path = Path.Combine(Folder, "nobody.pem");
        using var nobody = new TestCertificateAuthority("Nobody");
        File.Copy(nobody.RootFile, path, overwrite: true);
        return path;
    }
}
