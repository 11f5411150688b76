using System.Net;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Server.Demo.Peers;

/// <summary>A component behind the edge (XEP-0114, plain on loopback).</summary>
internal sealed class DemoComponent : IAsyncDisposable
{
    private readonly PeerStream stream;
    private readonly Task running;

    private DemoComponent(PeerStream stream, CancellationToken cancellation)
    {
        this.stream = stream;
        running = stream.RunAsync(cancellation);
    }

    /// <summary>Its stream, both ways.</summary>
    public PeerStream Stream => stream;

    /// <summary>Connects and proves that it knows the secret.</summary>
    /// <exception cref="DemoException">The edge does not take it.</exception>
    public static async Task<DemoComponent> ConnectAsync(IPEndPoint edge, DomainName domain, string secret, IStanzaReceiver receiver, CancellationToken cancellation)
    {
        var component = new DemoComponent(
            new PeerStream(await DemoPartner.ConnectAsync(edge, cancellation), new ComponentHandshake(domain, secret), receiver, tls: null, wanted: null),
            cancellation);
        try
        {
            await component.stream.Authenticated.WaitAsync(cancellation);
            return component;
        }
        catch
        {
            await component.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await running;
    }
}
