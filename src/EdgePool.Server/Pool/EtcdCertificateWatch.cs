using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd;
using EdgePool.Edge.Certificates;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Pool;

/// <summary>
/// Says what becomes of the files by which etcd knows this node: that they were renewed, that they cannot be used, and that the certificate comes to its end. That renewed
/// files are used is not its business: connections see to it.
/// </summary>
/// <param name="options">Which files.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where it logs.</param>
internal sealed class EtcdCertificateWatch(EtcdOptions options, TimeProvider time, ILogger log)
{
    /// <summary>How often it looks. What cannot be used at two looks is told: between two renames files may not fit.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private string? thumbprint;
    private string? bad;
    private bool told;
    private CertificateExpiry said;

    /// <summary>Looks until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            Look();
            await Task.Delay(Interval, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Look()
    {
        try
        {
            if (EtcdCertificate.Read(options) is { } there)
            {
                (bad, told) = (null, false);
                Tell(there);
            }
        }
        catch (StoreException fault)
        {
            if (!told && string.Equals(bad, fault.Message, StringComparison.Ordinal))
            {
                PoolLog.EtcdFilesRefused(log, fault.Message);
                told = true;
            }

            told &= string.Equals(bad, fault.Message, StringComparison.Ordinal);
            bad = fault.Message;
        }
    }

    private void Tell(EtcdCertificate there)
    {
        if (!string.Equals(thumbprint, there.Thumbprint, StringComparison.Ordinal))
        {
            if (thumbprint is not null)
            {
                PoolLog.EtcdCertificateReplaced(log, there.User, there.ValidUntil);
            }

            (thumbprint, said) = (there.Thumbprint, CertificateExpiry.Far);
        }

        var stage = CertificateExpiries.At(there.ValidUntil, time.GetUtcNow());
        if (stage > said)
        {
            said = stage;
            var level = stage >= CertificateExpiry.Within3Days ? LogLevel.Error : LogLevel.Warning;
            PoolLog.EtcdCertificateEnds(log, level, there.User, there.ValidUntil, options.CertificateFile!);
        }
    }
}
