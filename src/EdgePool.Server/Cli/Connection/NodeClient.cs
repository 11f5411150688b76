using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Connection;

/// <summary>Speaks to a node over its management socket. Whatever goes wrong is a <see cref="CommandFailure"/> that says what to do.</summary>
internal sealed class NodeClient : IDisposable
{
    /// <summary>An apply waits until it is in force, which may take as long as a stanza that is being written.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly HttpClient client;
    private readonly string socket;

    /// <summary>A client of the node behind a socket.</summary>
    /// <param name="socket">The socket's path.</param>
    /// <param name="behind">Who is behind a root that sudo made; null: nobody else.</param>
    public NodeClient(string socket, string? behind = null)
    {
        this.socket = socket;
        client = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync, UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri("http://edgepool"),
            Timeout = Patience,
        };
        if (behind is not null)
        {
            client.DefaultRequestHeaders.TryAddWithoutValidation(WireHeaders.Behind, behind);
        }
    }

    /// <summary>Asks for something that must be there.</summary>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
        => (await AskAsync(HttpMethod.Get, path, content: null, type, cancellation))!;

    /// <summary>Asks for lines, however many.</summary>
    public async Task EachLineAsync(string path, Action<string> take, CancellationToken cancellation)
    {
        try
        {
            using var response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                throw new NodeFailure(await FailureOfAsync(response, cancellation));
            }

            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation), Encoding.UTF8);
            while (await reader.ReadLineAsync(cancellation) is { } line)
            {
                take(line);
            }
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw Unreachable(fault);
        }
    }

    /// <summary>Sends a request with a body.</summary>
    public async Task<TReply> PostAsync<TRequest, TReply>(
        string path, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TReply> replyType, CancellationToken cancellation)
        => (await AskAsync(HttpMethod.Post, path, JsonContent.Create(request, requestType), replyType, cancellation))!;

    /// <summary>Asks to take something away.</summary>
    public async Task<T> DeleteAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
        => (await AskAsync(HttpMethod.Delete, path, content: null, type, cancellation))!;

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private async Task<T?> AskAsync<T>(
        HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };

        // A node that takes no more says so before it is sent.
        request.Headers.ExpectContinue = content is not null;
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (response.IsSuccessStatusCode)
            {
                return await response.Content.ReadFromJsonAsync(type, cancellation);
            }

            throw new NodeFailure(await FailureOfAsync(response, cancellation));
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw Unreachable(fault);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CommandFailure(ExitCode.Unavailable, $"the node at {socket} does not answer — see its log (journalctl -u edgepool)");
        }
        catch (JsonException)
        {
            throw new CommandFailure(ExitCode.Unavailable, $"what answers at {socket} is not understood — use an edgepool of the node's version");
        }
    }

    private static async Task<Failure> FailureOfAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentType?.MediaType is "application/json"
            && await response.Content.ReadFromJsonAsync(WireJson.Default.Failure, cancellation) is { } failure)
        {
            return failure;
        }

        var code = response.StatusCode is HttpStatusCode.RequestEntityTooLarge ? FailureCode.TooLarge : FailureCode.Internal;
        return new Failure(code, $"the node answered {(int)response.StatusCode}", "see its log (journalctl -u edgepool)");
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
            return new NetworkStream(connection, ownsSocket: true);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // A socket cannot be opened as a file can.
    private static bool MayBeSocket(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
            return false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return !Directory.Exists(path);
        }
    }

    private CommandFailure Unreachable(Exception fault)
    {
        var shown = Shown.Of(socket, 200);
        const string Name = "or name the socket of another with --socket, EDGEPOOL_SOCKET or --config FILE";
        return (fault.InnerException as SocketException)?.SocketErrorCode switch
        {
            SocketError.AccessDenied => new CommandFailure(
                ExitCode.Permission, $"user {Environment.UserName} may not use {shown} — run the command as root or as the node's own user"),
            SocketError.ConnectionRefused when !MayBeSocket(socket) => new CommandFailure(
                ExitCode.Unavailable, $"{shown} is no socket — name the node's (edgepool.sock in the directory of its store), {Name}"),
            SocketError.ConnectionRefused => new CommandFailure(
                ExitCode.Unavailable, $"no node answers at {shown}: it has ended — start it (systemctl start edgepool), {Name}"),
            _ when !File.Exists(socket) => new CommandFailure(
                ExitCode.Unavailable, $"no node answers at {shown}: there is no such socket — start the node (systemctl start edgepool), {Name}"),
            _ => new CommandFailure(
                ExitCode.Unavailable, $"the node at {shown} broke off: {Shown.Of(fault.InnerException?.Message ?? fault.Message, 120)} — see its log (journalctl -u edgepool)"),
        };
    }
}

/// <summary>The node said no.</summary>
internal sealed class NodeFailure(Failure failure) : Exception(failure.What)
{
    /// <summary>Its answer.</summary>
    public Failure Failure { get; } = failure;
}
