using EdgePool.Edge;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Server.Logging;

namespace EdgePool.Server.Configuration.Written;

/// <summary>The configuration file as written: forms are checked, meanings are not, files are not yet read. A member that was not written, or not understood, is null.</summary>
internal sealed record NodeDocument
{
    public string? Name { get; init; }

    public IReadOnlyList<DomainDocument> Domains { get; init; } = [];

    public IReadOnlyList<S2SListenerDocument> S2SListeners { get; init; } = [];

    public IReadOnlyList<InternalListenerDocument> InternalListeners { get; init; } = [];

    public IReadOnlyList<CertificateDocument> Certificates { get; init; } = [];

    public TrustDocument? Trust { get; init; }

    public SecretDocument? DialbackSecret { get; init; }

    public DnsDocument Dns { get; init; } = new();

    /// <summary>When partners' connections are taken; null: as a node does by itself.</summary>
    public ReadinessDocument? Readiness { get; init; }

    /// <summary>The name server for internal servers; null: none.</summary>
    public InternalViewDocument? InternalView { get; init; }

    /// <summary>The partners; what <c>trust.ca</c> names is still to be read from files.</summary>
    public IReadOnlyList<PartnerDocument> Partners { get; init; } = [];

    /// <summary>The store that the node takes partners and policies from; null: they are in this file.</summary>
    public StoreDocument? Store { get; init; }

    /// <summary>The pool that the node is one of; null: it is alone.</summary>
    public ClusterDocument? Cluster { get; init; }

    /// <summary>The socket of the management interface; null: the default.</summary>
    public string? ManagementSocket { get; init; }

    public StreamLimits Limits { get; init; } = new();

    public StreamTimeouts Timeouts { get; init; } = new();

    public LogSettings Log { get; init; } = new();
}

/// <summary>Name servers, and networks that names may, or may not, lead to.</summary>
internal sealed record DnsDocument
{
    public IReadOnlyList<string> Servers { get; init; } = [];

    public bool Validating { get; init; }

    public IReadOnlyList<string> TrustedNetworks { get; init; } = [];

    public IReadOnlyList<string> DenyNetworks { get; init; } = [];

    public IReadOnlyList<string> AllowNetworks { get; init; } = [];

    /// <summary>The key for updates of zones (RFC 8945).</summary>
    public string? UpdateKeyFile { get; init; }
}

/// <summary>When partners' connections are taken.</summary>
internal sealed record ReadinessDocument(bool? Refuse, TimeSpan? Grace, TimeSpan? Probe);

/// <summary>The name server for internal servers.</summary>
internal sealed record InternalViewDocument(IReadOnlyList<string> Listen, IReadOnlyList<ViewHostDocument> Hosts);

/// <summary>A node as the name server for internal servers shows it.</summary>
internal sealed record ViewHostDocument(string? Name, IReadOnlyList<string> Addresses, int? Port, int? Priority);

/// <summary>A local domain; exactly one of <paramref name="Component"/> and <paramref name="Server"/> should be there.</summary>
internal sealed record DomainDocument(string? Name, SecretDocument? Component, BackEndServerDocument? Server);

/// <summary>An internal server.</summary>
internal sealed record BackEndServerDocument
{
    public string? Address { get; init; }

    public NegotiationMode? TlsNegotiation { get; init; }

    public NegotiationMode? SaslNegotiation { get; init; }

    public bool? SupportDialback { get; init; }

    public bool? RequireTrustedCertificate { get; init; }

    public TrustDocument? Trust { get; init; }
}

/// <summary>A listener for partners.</summary>
internal sealed record S2SListenerDocument(string? Address, DirectTls? DirectTls);

/// <summary>Streams without TLS on a listener.</summary>
internal enum PlainStreams
{
    /// <summary>None is taken.</summary>
    Never,

    /// <summary>They are taken, as the listener is on a loopback address.</summary>
    Loopback,
}

/// <summary>A listener for components and internal servers.</summary>
internal sealed record InternalListenerDocument(string? Address, TrustDocument? Clients, PlainStreams? AllowPlain, bool? AllowInsecure);

/// <summary>A certificate and where its key is; no key: in the same file.</summary>
internal sealed record CertificateDocument(string? Certificate, string? Key);

/// <summary>Roots: the machine's, and those of files.</summary>
internal sealed record TrustDocument(bool? System, IReadOnlyList<string> Files);

/// <summary>The store of a node that takes its partners and policies from one.</summary>
internal sealed record StoreDocument(string? Directory);

/// <summary>Where a secret is: in a file or in an environment variable, never in the configuration.</summary>
internal sealed record SecretDocument(string? File, string? Variable);

/// <summary>The pool of a node.</summary>
internal sealed record ClusterDocument(string? Pool, string? Peer, string? Advertise, string? SecretKeyFile, EtcdDocument? Etcd);

/// <summary>The etcd of a pool.</summary>
internal sealed record EtcdDocument
{
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    public string? Authority { get; init; }

    public string? Certificate { get; init; }

    public string? Key { get; init; }

    public string? Prefix { get; init; }

    public TimeSpan? Deadline { get; init; }
}
