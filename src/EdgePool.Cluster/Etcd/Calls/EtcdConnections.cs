using System.Net.Security;
using System.Security.Cryptography;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>
/// The connections to etcd, made with the certificate, key and authorities that lie in the operator's files. Renewed files are in force for new calls within
/// <see cref="Interval"/>; calls and watches under way keep the connections that they have.
/// </summary>
/// <remarks>
/// It looks when a call is made, by what the files hold: a certificate and its key are two files, and between two renames they do not fit. What cannot be used changes
/// nothing, and is looked at again.
/// </remarks>
internal sealed class EtcdConnections : IDisposable
{
    /// <summary>The least time between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly EtcdOptions options;
    private readonly TimeSpan connectTimeout;
    private readonly TimeProvider time;
    private readonly Lock looking = new();
    private volatile HttpMessageInvoker now;
    private HttpMessageInvoker? before;
    private string fingerprint;
    private long lookedAt;
    private bool disposed;

    /// <param name="options">Which files; where no endpoint is encrypted, none.</param>
    /// <param name="connectTimeout">Of a new connection.</param>
    /// <param name="time">The clock of looks.</param>
    /// <exception cref="StoreException">A file cannot be used.</exception>
    public EtcdConnections(EtcdOptions options, TimeSpan connectTimeout, TimeProvider time)
    {
        (this.options, this.connectTimeout, this.time) = (options, connectTimeout, time);
        fingerprint = Fingerprint() ?? string.Empty;
        now = new HttpMessageInvoker(Handler(EtcdCredentials.Load(options), connectTimeout));
        lookedAt = time.GetTimestamp();
    }

    /// <summary>What a call that begins now is to use.</summary>
    public HttpMessageInvoker Now
    {
        get
        {
            if (options.CertificateFile is not null && time.GetElapsedTime(Interlocked.Read(ref lookedAt)) >= Interval)
            {
                Look();
            }

            return now;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (looking)
        {
            disposed = true;
            now.Dispose();
            before?.Dispose();
        }
    }

    private void Look()
    {
        lock (looking)
        {
            Interlocked.Exchange(ref lookedAt, time.GetTimestamp());
            if (disposed || Fingerprint() is not { } there || string.Equals(there, fingerprint, StringComparison.Ordinal))
            {
                return;
            }

            try
            {
                var next = new HttpMessageInvoker(Handler(EtcdCredentials.Load(options), connectTimeout));
                before?.Dispose();
                (before, now, fingerprint) = (now, next, there);
            }
            catch (StoreException)
            {
                // those in force stay
            }
        }
    }

    // Of what the files hold; null: one cannot be read at this moment.
    private string? Fingerprint()
    {
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var file in new[] { options.AuthorityFile, options.CertificateFile, options.KeyFile }.OfType<string>())
            {
                var bytes = File.ReadAllBytes(file);
                hash.AppendData(BitConverter.GetBytes(bytes.Length));
                hash.AppendData(bytes);
                CryptographicOperations.ZeroMemory(bytes);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static SocketsHttpHandler Handler(SslClientAuthenticationOptions? tls, TimeSpan connectTimeout)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = connectTimeout,

            // A connection that has died in silence is found in these times. etcd forbids pings more often than every 5 s, and any where no call is open.
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        if (tls is not null)
        {
            handler.SslOptions = tls;
            handler.PlaintextStreamFilter = static (context, _) => ValueTask.FromResult<Stream>(new AcceptedStream(context.PlaintextStream));
        }

        return handler;
    }
}
