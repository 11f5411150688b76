using System.Security.Cryptography.X509Certificates;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Calls;

namespace EdgePool.Cluster.Etcd;

/// <summary>The certificate by which etcd knows this node, as it lies on disk.</summary>
/// <param name="User">Its subject's CN: this node's user in etcd.</param>
/// <param name="Thumbprint">Tells it from others.</param>
/// <param name="ValidUntil">Its end.</param>
public sealed record EtcdCertificate(string User, string Thumbprint, DateTimeOffset ValidUntil)
{
    /// <summary>Reads the files as for a new connection; null: no endpoint is encrypted.</summary>
    /// <exception cref="StoreException">One of them cannot be used; the message says which, and what to do.</exception>
    public static EtcdCertificate? Read(EtcdOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (EtcdCredentials.Load(options) is not { ClientCertificateContext: { } context })
        {
            return null;
        }

        using var certificate = context.TargetCertificate;
        return new EtcdCertificate(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), certificate.Thumbprint, new DateTimeOffset(certificate.NotAfter));
    }
}
