using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace EdgePool.Edge.Transport;

/// <summary>
/// A connected socket as a stream that can be given back bytes which were read too far: what followed <c>&lt;starttls/&gt;</c> belongs to the TLS engine,
/// and the byte that told TLS from XML belongs to whichever it was. Asynchronous only.
/// </summary>
internal sealed class SocketStream(Socket socket) : Stream
{
    private ReadOnlyMemory<byte> unread;

    public Socket Socket => socket;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The next reads give these bytes first.</summary>
    public void Unread(ReadOnlySpan<byte> bytes) => unread = bytes.ToArray();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (unread.IsEmpty)
            return socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        var count = Math.Min(buffer.Length, unread.Length);
        unread.Span[..count].CopyTo(buffer.Span);
        unread = unread[count..];
        return new ValueTask<int>(count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var sending = socket.SendAsync(buffer, SocketFlags.None, cancellationToken);
        if (!sending.IsCompletedSuccessfully)
            return SendRestAsync(sending, buffer, cancellationToken);
        var sent = sending.Result;
        return sent == buffer.Length ? default : SendRestAsync(new ValueTask<int>(sent), buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            socket.Dispose();
        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendRestAsync(ValueTask<int> sending, ReadOnlyMemory<byte> buffer, CancellationToken cancellation)
    {
        for (var sent = await sending; sent < buffer.Length;)
        {
            buffer = buffer[sent..];
            sent = await socket.SendAsync(buffer, SocketFlags.None, cancellation);
        }
    }
}
