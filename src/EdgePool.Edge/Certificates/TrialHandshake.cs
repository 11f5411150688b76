using System.IO.Pipelines;
using System.Net.Security;
using EdgePool.Edge.Transport;

namespace EdgePool.Edge.Certificates;

/// <summary>
/// A handshake in memory with a certificate that is to be put in force. OpenSSL says only in a handshake that it does not take a certificate: a key or an
/// intermediate's key that is too short, a signature with SHA-1, a curve that nobody negotiates. Then every new stream would fail.
/// </summary>
internal static class TrialHandshake
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Null when the certificate serves; else why not.</summary>
    public static async Task<string?> FaultAsync(EdgeCertificate ours, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        var (up, down) = (new Pipe(), new Pipe());
        await using var server = new SslStream(new Duplex(up.Reader, down.Writer));
        await using var client = new SslStream(new Duplex(down.Reader, up.Writer));
        var greeting = client.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "trial.invalid",
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetRawCertData().AsSpan().SequenceEqual(ours.Certificate.RawDataMemory.Span) is true,
                EnabledSslProtocols = TlsUpgrade.Protocols,
            },
            limit.Token);
        try
        {
            await server.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = SslStreamCertificateContext.Create(ours.Certificate, [.. ours.Intermediates], offline: true),
                    EnabledSslProtocols = TlsUpgrade.Protocols,
                    CipherSuitesPolicy = TlsUpgrade.Ciphers,
                },
                limit.Token);
            return null;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return $"the TLS library does not take {ours.Certificate.Subject} ({fault.InnerException?.Message ?? fault.Message})";
        }
        finally
        {
            await down.Writer.CompleteAsync();
            await greeting.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
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
