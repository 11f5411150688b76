using System.Globalization;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Secrets;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Files;
using EdgePool.Server.Configuration.Written;

namespace EdgePool.Server.Configuration.Compilation;

/// <summary>Compiles the node's pool: its name, the address among the nodes, the key of secrets, and etcd with its files.</summary>
internal sealed class ClusterCompiler(NamedFiles files, ListenerCompiler listeners, ProblemList problems)
{
    private const string Section = "cluster";

    /// <summary>Compiles; null, with errors, where something of it cannot be used.</summary>
    public ClusterSettings? Compile(ClusterDocument written, bool hasStore)
    {
        if (written.Pool is { } name && !NodeCompiler.IsName(name))
        {
            problems.Error("cluster.pool", $"'{Shown.Of(name)}' is no name for a pool", "use letters, digits, '-' and '.', at most 63");
        }

        if (!hasStore)
        {
            problems.Error(Section, "a node of a pool keeps on its own disk what is its own, and has no folder for it", "add store: { directory: /var/lib/edgepool }; documents and consents are in etcd");
        }

        var (peer, keys, etcd) = (listeners.Peer(written.Peer, "cluster.peer", written.Advertise is not null), Keys(written.SecretKeyFile), Etcd(written.Etcd));
        return written.Pool is { } pool && peer is not null && keys is not null && etcd is not null && IsReached(written.Advertise)
            ? new ClusterSettings(pool, peer, etcd, keys) { Advertise = written.Advertise }
            : null;
    }

    private bool IsReached(string? advertised)
    {
        if (advertised is null || (HostAndPort.TryParse(advertised, out _, out var port) && port is not null))
        {
            return true;
        }

        problems.Error("cluster.advertise", $"'{Shown.Of(advertised)}' is not host:port", "write where the other nodes reach this one, such as \"edge-1.example:23457\"");
        return false;
    }

    private SecretKeys? Keys(string? file)
    {
        const string at = "cluster.secretKeyFile";
        if (file is null || files.Read(file, at, secret: true) is not { } text)
        {
            return null;
        }

        var keys = SecretKeys.Parse(text, out var problem);
        if (keys is null)
        {
            problems.Error(at, $"{Shown.Of(file)} is no key file: {problem}", "bring the other nodes' file here; 'edgepool cluster secrets init' makes the first one");
        }

        return keys;
    }

    private EtcdOptions? Etcd(EtcdDocument? written)
    {
        const string at = "cluster.etcd";
        if (written is null)
        {
            problems.Error(at, "a pool agrees by etcd, and none is named", "add etcd: { endpoints: [\"https://10.0.1.1:2379\"], ca: etcd-ca.pem, certificate: etcd-edge-1.pem, key: etcd-edge-1.key }; a node alone needs no cluster: at all");
            return null;
        }

        var endpoints = written.Endpoints.Select(Endpoint).OfType<Uri>().ToList();
        if (endpoints.Count < written.Endpoints.Count || !Readable(written))
        {
            return null;
        }

        var options = new EtcdOptions { Endpoints = endpoints, AuthorityFile = Full(written.Authority), CertificateFile = Full(written.Certificate), KeyFile = Full(written.Key) };
        options = options with { Prefix = written.Prefix ?? options.Prefix, Deadline = written.Deadline ?? options.Deadline };
        var faults = options.Judge();
        foreach (var parts in faults.Select(fault => fault.Split(": ", 2)))
        {
            problems.Error(at, parts[0], parts.Length == 2 ? parts[1] : "correct it");
        }

        return faults.Count == 0 ? options : null;
    }

    private Uri? Endpoint(string written, int index)
    {
        if (Uri.TryCreate(written, UriKind.Absolute, out var endpoint))
        {
            return endpoint;
        }

        problems.Error(string.Create(CultureInfo.InvariantCulture, $"cluster.etcd.endpoints[{index}]"), $"'{Shown.Of(written)}' is no endpoint of etcd", "write https://host:port");
        return null;
    }

    /// <summary>Each file that is named is there, and the key is its owner's alone; all of them are looked at.</summary>
    private bool Readable(EtcdDocument written)
        => IsReadable(written.Authority, "cluster.etcd.ca", secret: false)
            & IsReadable(written.Certificate, "cluster.etcd.certificate", secret: false)
            & IsReadable(written.Key, "cluster.etcd.key", secret: true);

    private bool IsReadable(string? file, string path, bool secret) => file is null || files.Read(file, path, secret) is not null;

    private string? Full(string? file) => file is null ? null : Path.GetFullPath(file, files.Folder);
}
