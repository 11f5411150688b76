using System.Security.Authentication;

namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>
/// The inside of a TLS connection. In TLS 1.3 a client's handshake is done before the server has judged the client's certificate; what the server thinks of it shows when it
/// should speak first (HTTP/2's SETTINGS), in as many ways as there are races. All of them are one here: it has not accepted this node.
/// </summary>
internal sealed class AcceptedStream(Stream inner) : Stream
{
    private volatile bool heard;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            heard |= read > 0;
            return heard || buffer.IsEmpty ? read : throw NotAccepted(cause: null);
        }
        catch (Exception fault) when (!heard && fault is (IOException or ObjectDisposedException))
        {
            throw NotAccepted(fault);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await inner.WriteAsync(buffer, cancellationToken);
        }
        catch (Exception fault) when (!heard && fault is (IOException or ObjectDisposedException))
        {
            throw NotAccepted(fault);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static AuthenticationException NotAccepted(Exception? cause)
        => new("etcd ended the connection after the handshake, as it does where it does not accept a certificate", cause);
}
