using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>Who this node is to etcd, and whom it takes for etcd: the operator's authorities and nobody else's.</summary>
internal static class EtcdCredentials
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>What TLS needs; null: no endpoint is encrypted.</summary>
    /// <exception cref="StoreException">A file is missing, wrong, or open to others.</exception>
    public static SslClientAuthenticationOptions? Load(EtcdOptions options)
    {
        if (!options.Endpoints.Any(EtcdOptions.IsEncrypted))
        {
            return null;
        }

        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            ApplicationPolicy = { new Oid(ServerAuthentication) },
        };
        policy.CustomTrustStore.AddRange(Read(options.AuthorityFile!, "etcd's authorities"));
        var certificates = Read(options.CertificateFile!, "this node's certificate for etcd");
        return new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = policy,
            ClientCertificateContext = SslStreamCertificateContext.Create(WithKey(options.CertificateFile!, options.KeyFile!), certificates, offline: true),
        };
    }

    private static X509Certificate2Collection Read(string path, string what)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Wrong(path, what, fault);
        }

        return certificates.Count > 0 ? certificates : throw Wrong(path, what, cause: null);
    }

    private static X509Certificate2 WithKey(string certificate, string key)
    {
        try
        {
            if ((File.GetUnixFileMode(key) & Others) is not UnixFileMode.None)
            {
                throw new StoreException(StoreFault.Permission, $"the key {key} for etcd is open to other users: chmod 600 {key}");
            }

            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Wrong(key, "the key of this node's certificate for etcd", fault);
        }
        catch (ArgumentException fault)
        {
            throw new StoreException(StoreFault.Permission, $"the key {key} is not that of this node's certificate for etcd, {certificate}: put the two there that belong together", fault);
        }
    }

    private static StoreException Wrong(string path, string what, Exception? cause)
        => new(StoreFault.Permission, $"{what} cannot be read from {path} ({cause?.Message ?? "no certificate in it"}): put a PEM file there that user {Environment.UserName} may read", cause);
}
