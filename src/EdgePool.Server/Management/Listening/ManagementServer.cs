using System.Net.Sockets;
using EdgePool.Server.Management.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EdgePool.Server.Management.Listening;

/// <summary>
/// The management interface: HTTP over a Unix socket. Who speaks is known from the kernel, not from what is said; only root and the node's own user are
/// served. The same endpoints will serve other nodes' operators over HTTPS one day.
/// </summary>
internal sealed class ManagementServer : IAsyncDisposable
{
    /// <summary>An apply of 50,000 partners with their rules is a third of it.</summary>
    public const int MostBodyBytes = 64 * 1024 * 1024;

    /// <summary>Operators and their scripts, not the public: the 65th waits for nothing and is closed.</summary>
    public const int MostConnections = 64;

    private static readonly TimeSpan HeaderTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(2);

    private readonly ManagementSocket socket;
    private readonly WebApplication application;

    private ManagementServer(ManagementSocket socket, WebApplication application) => (this.socket, this.application) = (socket, application);

    /// <summary>Serves.</summary>
    /// <param name="socket">The socket; the server's from now on.</param>
    /// <param name="node">What there is to be managed.</param>
    public static async Task<ManagementServer> StartAsync(ManagementSocket socket, ManagedNode node)
    {
        var built = Build(socket);
        try
        {
            ManagementApi.Map(built, node);
            await built.StartAsync();
            return new ManagementServer(socket, built);
        }
        catch
        {
            await built.DisposeAsync();
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(StopTime);
        try
        {
            await application.StopAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // A client that does not let go is cut off below.
        }

        await application.DisposeAsync();
        socket.Dispose();
    }

    private static WebApplication Build(ManagementSocket socket)
    {
        // The empty builder reads neither environment nor files: what the node's own file does not say is not there.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = _ => socket.Socket);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.RequestHeadersTimeout = HeaderTime;
            kestrel.Limits.KeepAliveTimeout = QuietTime;
            kestrel.ListenUnixSocket(socket.Path, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(Identify);
            });
        });
        return builder.Build();
    }

    /// <summary>Keeps who is at the other end with the connection; the endpoints decide.</summary>
    private static Task Identify(ConnectionContext connection, Func<Task> next)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { AddressFamily: AddressFamily.Unix } peer && PeerUser.Of(peer) is { } user)
        {
            connection.Features.Set(user);
        }

        return next();
    }

    /// <summary>Signals are the process's own business.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
