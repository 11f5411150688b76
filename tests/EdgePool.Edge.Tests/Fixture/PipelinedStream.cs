namespace EdgePool.Edge.Tests.Fixture;

/// <summary>Puts a request in front of the first write, and takes its answer away from the first reads.</summary>
internal sealed class PipelinedStream(Stream inner, byte[] request, int answerLength) : Stream
{
    private bool asked;
    private int toSkip = answerLength;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (toSkip > 0)
        {
            var skipped = await inner.ReadAsync(new byte[toSkip], cancellationToken);
            if (skipped == 0)
                return 0;
            toSkip -= skipped;
        }

        return await inner.ReadAsync(buffer, cancellationToken);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!asked)
            buffer = new ReadOnlyMemory<byte>([.. request, .. buffer.Span]);
        asked = true;
        await inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
