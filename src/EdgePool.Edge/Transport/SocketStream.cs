using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace EdgePool.Edge.Transport;

/// <summary>
/// A connected socket as a stream that can be given back bytes which were read too far: what followed <c>&lt;starttls/&gt;</c> belongs to the TLS engine,
/// and the byte that told TLS from XML belongs to whichever it was. Asynchronous only.
/// </summary>
internal sealed class SocketStream(Socket socket) : Stream
{
    /// <summary>
    /// Bytes under TLS that a peer may send beyond <see cref="RecordBytes"/> for each byte of data: a record that is not yet complete, and some updates of
    /// keys, tickets and alerts. Each costs us work and brings nothing (RFC 8446 section 4.6.3).
    /// </summary>
    public const int EmptyRecordsLimit = 64 * 1024;

    /// <summary>What a record of one byte takes on the wire, 22 to 30 bytes by version and cipher, rounded up.</summary>
    public const int RecordBytes = 32;

    private ReadOnlyMemory<byte> unread;
    private bool metered;
    private long empty;

    public Socket Socket => socket;

    /// <summary>The peer has sent records without data beyond all measure, and nothing more is read.</summary>
    public bool Flooded => empty > EmptyRecordsLimit;

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

    /// <summary>From now on what is read is TLS records, and <see cref="Earn"/> says what they brought.</summary>
    public void Meter() => metered = true;

    /// <summary>The records brought so many bytes of data.</summary>
    public void Earn(int bytes) => empty = Math.Max(0, empty - ((long)bytes * RecordBytes));

    /// <exception cref="IOException">The connection broke, or it is <see cref="Flooded"/>.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (metered)
            return ReceiveMetered(buffer, cancellationToken);
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

    private ValueTask<int> ReceiveMetered(Memory<byte> buffer, CancellationToken cancellation)
    {
        if (Flooded)
            throw new IOException("TLS records without data, one upon the other");
        var receiving = socket.ReceiveAsync(buffer, SocketFlags.None, cancellation);
        if (!receiving.IsCompletedSuccessfully)
            return ReceiveLaterAsync(receiving);
        var received = receiving.Result;
        empty += received;
        return new ValueTask<int>(received);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveLaterAsync(ValueTask<int> receiving)
    {
        var received = await receiving;
        empty += received;
        return received;
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
