using Google.Protobuf;

namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>A call in which both sides speak when they like. For one reader.</summary>
internal sealed class GrpcDialogue<T>(
    Uri endpoint,
    CancellationTokenSource call,
    HttpResponseMessage response,
    Stream body,
    DialogueContent said,
    MessageParser<T> parser,
    int limit,
    TimeSpan patience,
    TimeProvider time) : IAsyncDisposable
    where T : class, IMessage<T>
{
    /// <summary>With whom.</summary>
    public Uri Endpoint => endpoint;

    /// <summary>Says something.</summary>
    public void Say(byte[] frame) => said.Say(frame);

    /// <summary>What the other side says next.</summary>
    /// <exception cref="EtcdException">It ended the call, or was silent for too long.</exception>
    public async Task<T> HearAsync(CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        try
        {
            return await GrpcFrame.ReadAsync(body, parser, limit, both.Token)
                ?? throw (GrpcFailure.OfStatus(response, endpoint) ?? GrpcFailure.Of(new IOException("it was ended"), endpoint));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw GrpcFailure.OfSilence(endpoint, patience);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or InvalidDataException)
        {
            throw GrpcFailure.Of(fault, endpoint);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        said.End();
        await body.DisposeAsync();
        response.Dispose();
        await call.CancelAsync();
        call.Dispose();
    }
}
