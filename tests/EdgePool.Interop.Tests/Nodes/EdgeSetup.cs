using System.Globalization;
using System.Net;
using System.Text;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;

namespace EdgePool.Interop.Tests.Nodes;

/// <summary>A local domain and what stands inside for it: a component, or an internal server at an address.</summary>
internal sealed record LocalDomain(string Name, IPEndPoint? Server = null)
{
    /// <summary>The internal server and the node know each other by certificate or not at all.</summary>
    public bool ExternalOnly { get; init; }
}

/// <summary>A partner as the node's configuration has it.</summary>
internal sealed record PartnerSetup(string Domain)
{
    public IReadOnlyList<string> AdditionalDomains { get; init; } = [];

    /// <summary>Required, Optional or NotSupported.</summary>
    public string Tls { get; init; } = "Required";

    /// <summary>Required, Optional or NotSupported.</summary>
    public string Sasl { get; init; } = "Optional";

    public bool Dialback { get; init; } = true;

    public bool LyncCompat { get; init; }

    /// <summary>Messages of type groupchat pass as well.</summary>
    public bool GroupChat { get; init; }

    /// <summary>PEM of the partner's authority; null: the node's own list.</summary>
    public string? TrustedCa { get; init; }

    /// <summary>off, allow or require: what TLSA records mean.</summary>
    public string Dane { get; init; } = "off";
}

/// <summary>One node's configuration, as an operator would write it.</summary>
internal sealed record EdgeSetup
{
    public const string ComponentSecret = "component secret";

    /// <summary>Both listeners are at this address: 5269 for partners, 23456 inside.</summary>
    public IPAddress Address { get; init; } = LoopbackAddresses.Next();

    public required IPEndPoint Dns { get; init; }

    /// <summary>The file of the key by which it publishes zones; null: it has none.</summary>
    public string? UpdateKey { get; init; }

    /// <summary>The name server validates DNSSEC.</summary>
    public bool Validating { get; init; }

    public required IReadOnlyList<IssuedCertificate> Certificates { get; init; }

    public required IReadOnlyList<LocalDomain> Domains { get; init; }

    public required IReadOnlyList<PartnerSetup> Partners { get; init; }

    /// <summary>The directory of the node's store, where its partners are then; null: they are <see cref="Partners"/>.</summary>
    public string? Store { get; init; }

    /// <summary>PEM of the authority that vouches for partners.</summary>
    public required string TrustedCa { get; init; }

    /// <summary>PEM of the authority of internal servers: they must show a certificate of it. Null: plain streams, from loopback only.</summary>
    public string? InternalCa { get; init; }

    /// <summary>How long a stanza may wait for a stream.</summary>
    public TimeSpan Pending { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Where internal servers ask for names; null: the node answers nobody.</summary>
    public IPEndPoint? InternalView { get; init; }

    /// <summary>The node is shown there under its address: for servers that ask the machine's name servers, and not those of their test, for a host's address.</summary>
    public bool NamedByAddress { get; init; }

    /// <summary>A node that is gone, and that the view names before this one; null: it names this one alone.</summary>
    public IPAddress? GoneNode { get; init; }

    /// <summary>How long the node may be without a back end before it refuses partners; null: it takes them whatever happens.</summary>
    public TimeSpan? Grace { get; init; }

    public IPEndPoint S2S => new(Address, 5269);

    public IPEndPoint Internal => new(Address, 23456);

    /// <summary>Writes the configuration and the secrets it names.</summary>
    /// <returns>The configuration file.</returns>
    public string Write(string folder)
    {
        PrivateFile.Write(Path.Combine(folder, "component.secret"), ComponentSecret + "\n");
        PrivateFile.Write(Path.Combine(folder, "dialback.secret"), "a secret that outlives a restart of the node\n");
        var file = Path.Combine(folder, "edgepool.yaml");
        PrivateFile.Write(file, Yaml());
        return file;
    }

    private string Yaml()
    {
        var yaml = new StringBuilder("node: { name: edge-under-test }\ndomains:\n");
        foreach (var domain in Domains)
            yaml.Append(CultureInfo.InvariantCulture, $"  - {{ name: {domain.Name}, backEnd: {BackEnd(domain)} }}\n");
        yaml.Append(
            CultureInfo.InvariantCulture,
            $$"""
            listeners:
              s2s: [ { address: "{{S2S}}" } ]
              internal: [ { address: "{{Internal}}", {{(InternalCa is null ? "allowPlain: loopback" : $"clients: {{ ca: [\"{InternalCa}\"] }}")}} } ]
            certificates:

            """);
        foreach (var certificate in Certificates)
            yaml.Append(CultureInfo.InvariantCulture, $"  - {{ certificate: \"{certificate.CertificateFile}\", key: \"{certificate.KeyFile}\" }}\n");
        yaml.Append(
            CultureInfo.InvariantCulture,
            $$"""
            trust: { ca: ["{{TrustedCa}}"] }
            dialback: { secretFile: dialback.secret }
            dns: { servers: ["{{Dns}}"], validating: {{Flag(Validating)}}{{(UpdateKey is null ? "" : $", updateKeyFile: \"{UpdateKey}\"")}} }
            timeouts: { pending: {{(int)Pending.TotalSeconds}}s }
            readiness: { {{(Grace is { } grace ? $"grace: {(int)grace.TotalMilliseconds}ms, probe: 1s" : "refuse: false")}} }
            log: { level: debug, format: json }

            """);
        if (InternalView is { } view)
            yaml.Append(CultureInfo.InvariantCulture, $"internalView: {{ listen: [\"{view}\"]{ViewHosts()} }}\n");
        yaml.Append(Store is null ? "partners:\n" : $"store: {{ directory: \"{Store}\" }}\n");
        foreach (var partner in Partners)
            yaml.Append(CultureInfo.InvariantCulture, $"  - {Partner(partner)}\n");
        return yaml.ToString();
    }

    private string ViewHosts()
    {
        var name = NamedByAddress ? Address.ToString() : "here.edgepool.internal";
        return GoneNode is { } gone
            ? $", hosts: [ {{ name: \"{(NamedByAddress ? gone.ToString() : "gone.edgepool.internal")}\", addresses: [\"{gone}\"], priority: 10 }}, {{ name: \"{name}\", addresses: [\"{Address}\"], priority: 20 }} ]"
            : NamedByAddress ? $", hosts: [ {{ name: \"{name}\", addresses: [\"{name}\"] }} ]" : "";
    }

    private string BackEnd(LocalDomain domain)
    {
        if (domain.Server is not { } server)
            return "{ component: { secretFile: component.secret } }";
        var trust = InternalCa is null ? "" : $", trust: {{ ca: [\"{InternalCa}\"] }}";
        var terms = domain.ExternalOnly ? ", saslNegotiation: Required, supportDialback: false" : "";
        return $"{{ server: {{ address: \"{server}\"{terms}{trust} }} }}";
    }

    private static string Partner(PartnerSetup partner)
    {
        var authority = partner.TrustedCa is null ? "" : $"ca: [\"{partner.TrustedCa}\"], ";
        var trust = authority.Length == 0 && partner.Dane is "off" ? "" : $", trust: {{ {authority}dane: {partner.Dane} }}";
        var more = string.Join(", ", partner.AdditionalDomains);
        var rules = partner.GroupChat ? ", rules: { messages: [chat, normal, headline, groupchat, error] }" : "";
        return $"{{ domain: {partner.Domain}, additionalDomains: [{more}], tlsNegotiation: {partner.Tls}, saslNegotiation: {partner.Sasl}, supportDialback: {Flag(partner.Dialback)}, lyncCompat: {Flag(partner.LyncCompat)}{trust}{rules} }}";
    }

    private static string Flag(bool on) => on ? "true" : "false";
}
