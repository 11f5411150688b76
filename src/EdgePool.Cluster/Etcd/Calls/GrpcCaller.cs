using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>
/// Calls over HTTP/2, each to an endpoint that the caller names, each with its deadline. Connections are kept and shared.
/// </summary>
/// <param name="connections">What calls go over; they end with this.</param>
/// <param name="time">The clock of deadlines.</param>
internal sealed class GrpcCaller(EtcdConnections connections, TimeProvider time) : IDisposable
{
    private volatile bool disposed;

    /// <summary>Sends one message and reads one; a stream of answers is read to its end.</summary>
    /// <param name="endpoint">Whom to ask.</param>
    /// <param name="method">Such as <c>etcdserverpb.KV/Range</c>.</param>
    /// <param name="request">The message.</param>
    /// <param name="parser">Of the answer.</param>
    /// <param name="limit">Bytes of the answer.</param>
    /// <param name="deadline">From now.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="EtcdException">It did not end well.</exception>
    public async Task<T> AskAsync<T>(Uri endpoint, string method, IMessage request, MessageParser<T> parser, int limit, TimeSpan deadline, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        using var expiry = new CancellationTokenSource(deadline, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        using var post = Post(endpoint, method, new ByteArrayContent(GrpcFrame.Of(request)));
        post.Headers.TryAddWithoutValidation("grpc-timeout", string.Create(CultureInfo.InvariantCulture, $"{(long)deadline.TotalMilliseconds}m"));
        try
        {
            using var response = await connections.Now.SendAsync(post, both.Token);
            if (GrpcFailure.OfAnswer(response, endpoint) is { } foreign)
            {
                throw foreign;
            }

            await using var body = await response.Content.ReadAsStreamAsync(both.Token);
            var answer = await GrpcFrame.ReadAsync(body, parser, limit, both.Token);
            while (await GrpcFrame.ReadAsync(body, parser, limit, both.Token) is not null)
            {
            }

            return GrpcFailure.OfStatus(response, endpoint) is { } failure
                ? throw failure
                : answer ?? throw GrpcFailure.Of(new InvalidDataException("no answer"), endpoint);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw GrpcFailure.OfSilence(endpoint, deadline);
        }
        catch (Exception fault) when (fault is not (EtcdException or OperationCanceledException) && !disposed)
        {
            throw GrpcFailure.Of(fault, endpoint); // HttpClient lets through more than its own exceptions where a connection breaks
        }
    }

    /// <summary>Opens a call in which both sides speak when they like. It is open when the other side has said so.</summary>
    /// <param name="endpoint">Whom to ask.</param>
    /// <param name="method">Such as <c>etcdserverpb.Watch/Watch</c>.</param>
    /// <param name="first">The first message.</param>
    /// <param name="parser">Of the answers.</param>
    /// <param name="limit">Bytes of an answer.</param>
    /// <param name="patience">The longest silence of the other side, at any time.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="EtcdException">It does not open.</exception>
    public async Task<GrpcDialogue<T>> OpenAsync<T>(
        Uri endpoint, string method, IMessage first, MessageParser<T> parser, int limit, TimeSpan patience, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        var said = new DialogueContent(GrpcFrame.Of(first));
        var post = Post(endpoint, method, said);
        var call = new CancellationTokenSource(); // lives as long as the call: the handler goes on looking at it
        HttpResponseMessage? response = null;
        try
        {
            using var expiry = new CancellationTokenSource(patience, time);
            await using var expired = expiry.Token.UnsafeRegister(static c => ((CancellationTokenSource)c!).Cancel(), call);
            await using var given = cancellationToken.UnsafeRegister(static c => ((CancellationTokenSource)c!).Cancel(), call);
            response = await connections.Now.SendAsync(post, call.Token);
            if (GrpcFailure.OfAnswer(response, endpoint) is { } foreign)
            {
                throw foreign;
            }

            var body = await response.Content.ReadAsStreamAsync(call.Token);
            return new GrpcDialogue<T>(endpoint, call, response, body, said, parser, limit, patience, time);
        }
        catch (Exception fault)
        {
            said.End();
            response?.Dispose();
            call.Dispose();
            throw fault switch
            {
                OperationCanceledException when !cancellationToken.IsCancellationRequested => GrpcFailure.OfSilence(endpoint, patience),
                OperationCanceledException => new OperationCanceledException(cancellationToken),
                EtcdException => fault,
                ObjectDisposedException when disposed => fault,
                _ => GrpcFailure.Of(fault, endpoint),
            };
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        disposed = true;
        connections.Dispose();
    }

    private static HttpRequestMessage Post(Uri endpoint, string method, HttpContent content)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        var post = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint, method)) { Content = content, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        post.Headers.TryAddWithoutValidation("te", "trailers");

        // A member that has no leader says so at once, instead of waiting for one; and a watch is told when it loses its leader.
        post.Headers.TryAddWithoutValidation("hasleader", "true");
        return post;
    }
}
