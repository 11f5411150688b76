using System.Globalization;
using System.Net;
using EdgePool.Edge;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Files;
using EdgePool.Server.Configuration.Written;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Configuration.Compilation;

/// <summary>Compiles the local domains with what stands behind them.</summary>
internal sealed class DomainCompiler(SecretFiles secrets, TrustFiles trust, TrustAnchors anchors, ProblemList problems)
{
    private const int DefaultServerPort = 5269;

    private readonly Dictionary<DomainName, string> places = [];

    /// <summary>The domains that could be compiled.</summary>
    public IReadOnlyList<LocalDomain> Compile(IReadOnlyList<DomainDocument> written)
    {
        if (written.Count == 0)
        {
            problems.Error("domains", "there is no local domain", "add domains: [ { name: contoso.example, backEnd: { component: { secretFile: contoso.secret } } } ]");
        }

        return [.. written.Select((domain, index) => Compile(domain, string.Create(CultureInfo.InvariantCulture, $"domains[{index}]"))).OfType<LocalDomain>()];
    }

    private LocalDomain? Compile(DomainDocument written, string path)
    {
        var name = Name(written.Name, path + ".name");
        var backEnd = BackEnd(written, path + ".backEnd");
        return name is null || backEnd is null ? null : new LocalDomain(name, backEnd);
    }

    private DomainName? Name(string? text, string path)
    {
        if (text is null)
        {
            return null;
        }

        if (!DomainName.TryParse(text, out var name) || name.Ascii[0] == '[' || IPAddress.TryParse(name.Ascii, out _))
        {
            problems.Error(path, $"'{Shown.Of(text)}' is not a domain name", "write a fully qualified name, such as contoso.example (RFC 7622 section 3.2)");
            return null;
        }

        if (!places.TryAdd(name, path))
        {
            problems.Error(path, $"{name} is already at {places[name]}", "keep it once");
            return null;
        }

        return name;
    }

    private BackEndOptions? BackEnd(DomainDocument written, string path)
    {
        if (written.Component is null == written.Server is null)
        {
            problems.Error(
                path,
                written.Component is null ? "the domain has no back end" : "the domain has two back ends",
                "write either backEnd: { component: { secretFile: PATH } } or backEnd: { server: { address: \"HOST:5269\" } }");
            return null;
        }

        return written.Component is { } component
            ? Component(component, path + ".component")
            : Server(written.Server!, path + ".server");
    }

    private BackEndOptions.Component? Component(SecretDocument written, string path)
        => secrets.Read(written, path) is { } secret ? new BackEndOptions.Component(secret) : null;

    private BackEndOptions.Server? Server(BackEndServerDocument written, string path)
    {
        var terms = Terms(written, path);
        var roots = written.Trust is null ? anchors : trust.Read(written.Trust, path + ".trust") ?? anchors;
        if (written.Address is null)
        {
            return null;
        }

        if (!HostAndPort.TryParse(written.Address, out var host, out var port))
        {
            problems.Error(path + ".address", $"'{Shown.Of(written.Address)}' is not host or host:port", "write a host name or address, such as \"10.0.0.5:5269\" or \"[fd00::5]:5269\"");
            return null;
        }

        if (terms.AllowsDialback(tls: false) && !(IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address)))
        {
            problems.Warn(path + ".tlsNegotiation", $"streams to {host} may go without TLS over the network", "write tlsNegotiation: Required");
        }

        return new BackEndOptions.Server(host, port ?? DefaultServerPort, terms, roots);
    }

    private NegotiationTerms Terms(BackEndServerDocument written, string path)
    {
        var ruling = NegotiationMatrix.Rule(new NegotiationChoice(
            written.TlsNegotiation ?? NegotiationMode.Required,
            written.SaslNegotiation ?? NegotiationMode.Optional,
            written.SupportDialback ?? true));
        if (ruling.Refusal is { } refusal)
        {
            problems.Error(path + ".saslNegotiation", refusal.Describe(), refusal.Remedy());
        }

        return new NegotiationTerms(ruling.Methods) { RequireTrustedCertificate = written.RequireTrustedCertificate ?? false };
    }
}
