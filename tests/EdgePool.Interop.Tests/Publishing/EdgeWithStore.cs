using System.Net;
using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Operators;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;

namespace EdgePool.Interop.Tests.Publishing;

/// <summary>A node with an empty store, for its documents alone.</summary>
internal sealed class EdgeWithStore : IAsyncDisposable
{
    private readonly TestCertificateAuthority authority;
    private readonly EdgeProcess edge;
    private readonly string store;

    private EdgeWithStore(TestCertificateAuthority authority, EdgeProcess edge, string store)
    {
        (this.authority, this.edge, this.store) = (authority, edge, store);
        Operator = new EdgeOperator(Path.Combine(store, "edgepool.sock"));
    }

    public EdgeOperator Operator { get; }

    /// <summary>Starts it.</summary>
    /// <param name="dns">The name server that it asks; null: one that is not there.</param>
    /// <param name="updateKey">The file of the key that it publishes by; null: it has none.</param>
    public static async Task<EdgeWithStore> StartAsync(IPEndPoint? dns = null, string? updateKey = null)
    {
        var issuer = new TestCertificateAuthority();
        var folder = Directory.CreateTempSubdirectory("edgepool-folder-").FullName;
        var started = await EdgeProcess.StartAsync(new EdgeSetup
        {
            Dns = dns ?? new(LoopbackAddresses.Next(), 53),
            UpdateKey = updateKey,
            Certificates = [issuer.Issue("contoso.example", "chat.contoso.example")],
            Domains = [new LocalDomain("contoso.example"), new LocalDomain("chat.contoso.example")],
            Partners = [],
            TrustedCa = issuer.RootFile,
            Store = folder,
        });
        return new EdgeWithStore(issuer, started, folder);
    }

    /// <summary>Puts a topology in force.</summary>
    public Task PublishAsync(string file) => Operator.DoAsync($"topology publish -f {file}");

    public async ValueTask DisposeAsync()
    {
        await edge.DisposeAsync();
        authority.Dispose();
        Directory.Delete(store, recursive: true);
    }
}
