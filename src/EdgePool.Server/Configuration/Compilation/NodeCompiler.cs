using System.Globalization;
using EdgePool.Edge;
using EdgePool.Edge.Readiness;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Files;
using EdgePool.Server.Configuration.Written;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;

namespace EdgePool.Server.Configuration.Compilation;

/// <summary>
/// Compiles the written document into what the node runs on. Each part is compiled even when another failed, so that one run tells everything;
/// the result is used only when nothing failed.
/// </summary>
internal sealed class NodeCompiler(string folder, NamedFiles files, ConfigurationEnvironment environment, ProblemList problems)
{
    private const int DialbackSecretBytes = 32;
    private const int LongestName = 63;

    private readonly SecretFiles secrets = new(files, environment.Variable, problems);
    private readonly TrustFiles trust = new(files, environment.Time, problems);
    private readonly CertificateFiles certificates = new(files, environment.Time, problems);

    /// <summary>Compiles.</summary>
    public ServerOptions Compile(NodeDocument document)
    {
        CheckName(document.Name);
        var anchors = document.Trust is null ? TrustAnchors.SystemOnly : trust.Read(document.Trust, "trust") ?? TrustAnchors.SystemOnly;
        var domains = new DomainCompiler(secrets, trust, anchors, problems).Compile(document.Domains);
        var listeners = new ListenerCompiler(trust, problems);
        var dns = new DnsCompiler(problems);
        var (s2s, inside) = (listeners.S2S(document.S2SListeners), listeners.Internal(document.InternalListeners));
        var cluster = document.Cluster is null ? null : new ClusterCompiler(files, listeners, problems).Compile(document.Cluster, hasStore: document.Store is not null);
        var options = new EdgeOptions
        {
            NodeName = document.Name ?? "",
            LocalDomains = domains,
            Policy = Policy(document, domains.Select(domain => domain.Name)),
            S2SListeners = s2s,
            InternalListeners = inside,
            Readiness = Readiness(document.Readiness),
            InternalView = document.InternalView is null ? null : new InternalViewCompiler(listeners, problems).Compile(document.InternalView, document.Name, inside),
            Certificates = Certificates(document.Certificates),
            CertificateSource = document.Certificates.Count > 0 ? new CertificateSource(files.Folder, document.Certificates, environment.Time) : null,
            Trust = anchors,
            DialbackSecrets = DialbackSecretsOf(document.DialbackSecret),
            DialbackSecretSource = document.DialbackSecret is { File: not null } file ? new DialbackSecretSource(files.Folder, file) : null,
            DnsServers = dns.Servers(document.Dns.Servers),
            ValidatingDns = dns.Validating(document.Dns),
            DeniedNetworks = dns.Networks(document.Dns.DenyNetworks, "denyNetworks"),
            AllowedNetworks = dns.Networks(document.Dns.AllowNetworks, "allowNetworks"),
            ResolvConfFile = environment.ResolvConfFile,
            Limits = document.Limits,
            Timeouts = document.Timeouts,
        };
        dns.CheckReach(document.Dns.Servers.Count == 0 ? dns.OfMachine(environment.ResolvConfFile) : options.DnsServers, options.ValidatingDns);

        CoherenceCheck.Run(options, document, problems);
        var management = new ManagementCompiler(folder, problems).Compile(document);
        return new ServerOptions(options, document.Log, document is { DialbackSecret: null, Cluster: null }, management, cluster) { UpdateKey = dns.UpdateKey(document.Dns.UpdateKeyFile, files) };
    }

    /// <summary>A node refuses partners while it cannot do its job, unless it is told not to.</summary>
    private static ReadinessOptions? Readiness(ReadinessDocument? written)
    {
        var defaults = new ReadinessOptions();
        return written?.Refuse is false ? null : new ReadinessOptions { Grace = written?.Grace ?? defaults.Grace, Probe = written?.Probe ?? defaults.Probe };
    }

    private void CheckName(string? name)
    {
        if (name is not null && !IsName(name))
        {
            problems.Error("node.name", $"'{Shown.Of(name)}' is no name for a node", "use letters, digits, '-' and '.', at most 63");
        }
    }

    /// <summary>True for the name of a node or a pool.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= LongestName && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.');

    private List<EdgeCertificate> Certificates(IReadOnlyList<CertificateDocument> written)
        => [.. written
            .Select((certificate, index) => certificates.Read(certificate, string.Create(CultureInfo.InvariantCulture, $"certificates[{index}]")))
            .OfType<EdgeCertificate>()];

    private PolicySnapshot Policy(NodeDocument document, IEnumerable<DomainName> localDomains)
    {
        if (document.Store is not null)
        {
            return PolicySnapshot.Closed;
        }

        var partners = document.Partners
            .Select((written, index) => Partner(written, string.Create(CultureInfo.InvariantCulture, $"partners[{index}]")))
            .ToList();
        var compilation = PolicyCompiler.Compile(partners, localDomains);
        foreach (var problem in compilation.Problems)
        {
            problems.Add(problem);
        }

        return compilation.Snapshot ?? PolicySnapshot.Closed;
    }

    /// <summary>A partner of the file. Nobody's consent is kept without a store, so it is federated unless it is said to be a public provider that vouches for its users.</summary>
    private PartnerDocument Partner(PartnerDocument written, string path)
    {
        if (written.PartnerType is PartnerType.PublicUnverified)
        {
            problems.Error(path + ".partnerType", "the consents that PublicUnverified needs are kept in a store", "add store: { directory: /var/lib/edgepool } and move the partner there with 'edgepool apply', or write Federated or PublicVerified");
        }

        if (written.EnableKeepAlive is not null)
        {
            problems.Warn(path + ".enableKeepAlive", "without a store there is no keepAliveInterval that it could switch", "remove it: a stream ends after timeouts.idle of silence");
        }

        return written.TrustText is { } roots ? WithTrust(written, roots, path + ".trust") : written;
    }

    /// <summary>Takes the roots from the files; where keys alone are written, the node's roots stay.</summary>
    private PartnerDocument WithTrust(PartnerDocument written, WrittenTrust roots, string path)
        => roots.Ca.Count == 0 && roots.NamesKeys
            ? written
            : written with { TrustText = roots with { System = null, Ca = [] }, Trust = trust.Read(new TrustDocument(roots.System, roots.Ca), path) };

    private DialbackSecrets DialbackSecretsOf(SecretDocument? written)
        => (written is null ? null : secrets.ReadDialback(written, "dialback"))
            ?? new DialbackSecrets(Convert.ToHexStringLower(environment.RandomBytes(DialbackSecretBytes)));
}
