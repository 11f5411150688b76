using System.Net.Sockets;
using EdgePool.Dns.Serving;
using EdgePool.Edge.Telemetry;

namespace EdgePool.Edge.InternalDns;

/// <summary>The node's name servers for internal servers, one at each address of <see cref="InternalViewOptions.Listen"/>, with the same <see cref="InternalView"/>.</summary>
internal sealed class InternalViews(EdgeRuntime edge) : IAsyncDisposable
{
    private const string Setting = "internalView.listen";

    private readonly List<DnsServer> servers = [];

    /// <summary>Answers at every address; at none where the options have no view.</summary>
    /// <exception cref="ListenException">An address cannot be bound; those before it answer until this is disposed.</exception>
    public void Start()
    {
        if (edge.Options.InternalView is not { } options)
            return;
        var view = new InternalView(() => edge.Policy.Current, new FollowedHosts(options, edge.Options.Pool).Of);
        foreach (var address in options.Listen)
        {
            try
            {
                servers.Add(DnsServer.Start(view, edge.Time, new DnsServerOptions { EndPoint = address }));
            }
            catch (SocketException exception)
            {
                throw new ListenException(address, exception) { Setting = Setting };
            }

            NodeLog.Listening(edge.Logs.Node, edge.Options.NodeName, "dns", servers[^1].EndPoint);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in servers)
            await server.DisposeAsync();
    }
}
