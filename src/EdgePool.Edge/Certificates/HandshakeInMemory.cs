using System.IO.Pipelines;
using System.Net.Security;

namespace EdgePool.Edge.Certificates;

/// <summary>A handshake between two ends in this process, over memory alone.</summary>
internal sealed class HandshakeInMemory : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly Pipe up = new();
    private readonly Pipe down = new();

    public HandshakeInMemory()
    {
        Server = new SslStream(new Duplex(up.Reader, down.Writer));
        Client = new SslStream(new Duplex(down.Reader, up.Writer));
    }

    public SslStream Server { get; }

    public SslStream Client { get; }

    /// <summary>Completes when both ends are done; fails with what the server's end says, or else the client's.</summary>
    public async Task RunAsync(SslServerAuthenticationOptions server, SslClientAuthenticationOptions client, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        var connecting = Client.AuthenticateAsClientAsync(client, limit.Token);
        try
        {
            await Server.AuthenticateAsServerAsync(server, limit.Token);
        }
        catch
        {
            await down.Writer.CompleteAsync();
            await connecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await connecting;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Client.DisposeAsync();
    }

    /// <summary>One end of two pipes.</summary>
    private sealed class Duplex(PipeReader reader, PipeWriter writer) : Stream
    {
        private readonly Stream input = reader.AsStream(leaveOpen: true);
        private readonly Stream output = writer.AsStream(leaveOpen: true);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(
            buffer,
            cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => output.WriteAsync(
            buffer,
            cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override void Flush()
        {
            // What was written is there already.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
