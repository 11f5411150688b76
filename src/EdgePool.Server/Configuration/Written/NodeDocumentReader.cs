using EdgePool.Edge;
using EdgePool.Policy.Negotiation;
using EdgePool.Server.Configuration.Yaml;
using EdgePool.Server.Logging;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Configuration.Written;

/// <summary>Every key of the configuration file, in the file's order.</summary>
internal static class NodeDocumentReader
{
    /// <summary>Reads the whole file's mapping.</summary>
    public static NodeDocument Read(YamlMapping root, ProblemList problems)
    {
        var top = new MappingReader(root, problems);
        if (!top.Has("node"))
        {
            problems.Error("", "'node' is missing", "add node: { name: edge-1 }");
        }

        var document = new NodeDocument
        {
            Name = top.Section("node", Name)?.Value,
            Domains = top.Sections("domains", Domain),
            Certificates = top.Sections("certificates", Certificate),
            Trust = top.Section("trust", Trust),
            DialbackSecret = top.Section("dialback", Secret),
            Dns = top.Section("dns", Dns) ?? new DnsDocument(),
            Readiness = top.Section("readiness", Readiness),
            InternalView = top.Section("internalView", InternalView),
            Store = top.Section("store", Store),
            Cluster = top.Section("cluster", Cluster),
            ManagementSocket = top.Section("management", Management)?.Value,
            Partners = top.Sections("partners", partner => PartnerReader.Read(partner, problems)),
            Limits = top.Section("limits", LimitsReader.Limits) ?? new StreamLimits(),
            Timeouts = top.Section("timeouts", LimitsReader.Timeouts) ?? new StreamTimeouts(),
            Log = top.Section("log", Log) ?? new LogSettings(),
        };
        document = Listeners(document, top);
        if (document.Store is not null)
        {
            top.Refuse("partners", "this node takes its partners from its store", "remove partners here; 'edgepool apply -f FILE' and 'edgepool partner add' put them into the store");
        }

        if (document.Cluster is not null)
        {
            top.Refuse("dialback", "in a pool the dialback secrets are in the store, for all nodes", "remove dialback here; 'edgepool cluster secrets rotate' makes a new one");
        }

        top.Close();
        return document;
    }

    private static NodeDocument Listeners(NodeDocument document, MappingReader top)
        => top.Section("listeners", listeners => document with
        {
            S2SListeners = listeners.Sections("s2s", S2SListener),
            InternalListeners = listeners.Sections("internal", InternalListener),
        }) ?? document;

    private static Written<string?> Name(MappingReader node) => new(node.RequiredText("name", "edge-1"));

    private static DomainDocument Domain(MappingReader domain)
    {
        var name = domain.RequiredText("name", "contoso.example");
        var backEnd = domain.Section("backEnd", keys => new Written<(SecretDocument?, BackEndServerDocument?)>(
            (keys.Section("component", Secret), keys.Section("server", BackEndServer))));
        return new DomainDocument(name, backEnd?.Value.Item1, backEnd?.Value.Item2);
    }

    private static BackEndServerDocument BackEndServer(MappingReader server) => new()
    {
        Address = server.RequiredText("address", "10.0.0.5:5269"),
        TlsNegotiation = server.Choice<NegotiationMode>("tlsNegotiation"),
        SaslNegotiation = server.Choice<NegotiationMode>("saslNegotiation"),
        SupportDialback = server.Flag("supportDialback"),
        RequireTrustedCertificate = server.Flag("requireTrustedCertificate"),
        Trust = server.Section("trust", Trust),
    };

    private static S2SListenerDocument S2SListener(MappingReader listener)
        => new(listener.RequiredText("address", "\"0.0.0.0:5269\""), listener.Choice<DirectTls>("directTls"));

    private static InternalListenerDocument InternalListener(MappingReader listener) => new(
        listener.RequiredText("address", "\"127.0.0.1:23456\""),
        listener.Section("clients", Trust),
        listener.Choice<PlainStreams>("allowPlain"),
        listener.Flag("allowInsecure"));

    private static CertificateDocument Certificate(MappingReader certificate)
        => new(certificate.RequiredText("certificate", "edge.pem"), certificate.Text("key"));

    private static TrustDocument Trust(MappingReader trust) => new(trust.Flag("system"), trust.Texts("ca"));

    private static SecretDocument Secret(MappingReader secret)
    {
        secret.Refuse("secret", "a secret does not belong in this file", "put it in a file that only the service may read (chmod 600) and write secretFile: PATH");
        return new SecretDocument(secret.Text("secretFile"), secret.Text("secretEnv"));
    }

    private static DnsDocument Dns(MappingReader dns) => new()
    {
        Servers = dns.Texts("servers"),
        Validating = dns.Flag("validating") ?? false,
        TrustedNetworks = dns.Texts("trustedNetworks"),
        DenyNetworks = dns.Texts("denyNetworks"),
        AllowNetworks = dns.Texts("allowNetworks"),
        UpdateKeyFile = dns.Text("updateKeyFile"),
    };

    private static ReadinessDocument Readiness(MappingReader readiness) => new(
        readiness.Flag("refuse"),
        readiness.Duration("grace", TimeSpan.Zero, TimeSpan.FromHours(1)),
        readiness.Duration("probe", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)));

    private static InternalViewDocument InternalView(MappingReader view) => new(view.Texts("listen"), view.Sections("hosts", ViewHost));

    private static ViewHostDocument ViewHost(MappingReader host) => new(
        host.RequiredText("name", "edge-1.edge.internal"),
        host.Texts("addresses"),
        host.Number("port", 1, ushort.MaxValue),
        host.Number("priority", 0, ushort.MaxValue));

    private static StoreDocument Store(MappingReader store) => new(store.RequiredText("directory", "/var/lib/edgepool"));

    private static ClusterDocument Cluster(MappingReader cluster) => new(
        cluster.RequiredText("pool", "site-a"),
        cluster.RequiredText("peer", "\"10.0.0.1:23457\""),
        cluster.Text("advertise"),
        cluster.RequiredText("secretKeyFile", "cluster.key"),
        cluster.Section("etcd", Etcd));

    private static EtcdDocument Etcd(MappingReader etcd) => new()
    {
        Endpoints = etcd.Texts("endpoints"),
        Authority = etcd.Text("ca"),
        Certificate = etcd.Text("certificate"),
        Key = etcd.Text("key"),
        Prefix = etcd.Text("prefix"),
        Deadline = etcd.Duration("deadline", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)),
    };

    private static Written<string?> Management(MappingReader management) => new(management.RequiredText("socket", "/run/edgepool/edgepool.sock"));

    private static LogSettings Log(MappingReader log)
    {
        var defaults = new LogSettings();
        return new LogSettings
        {
            Level = log.Choice<LogLevel>("level") ?? defaults.Level,
            Format = log.Choice<LogFormat>("format") ?? defaults.Format,
        };
    }

    /// <summary>Lets a section be a value that is no class of its own.</summary>
    private sealed record Written<T>(T Value);
}
