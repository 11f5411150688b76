using System.Globalization;
using System.Net;
using EdgePool.Policy.Negotiation;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Partners;

/// <summary>
/// Compiles written partners into a <see cref="PolicySnapshot"/>. Everything wrong is reported at once, each with its path; nothing half-compiled gets out.
/// </summary>
public sealed class PolicyCompiler
{
    /// <summary>RFC 6120 section 13.12: an entity must take stanzas of at least this many bytes.</summary>
    public const int SmallestStanzaLimit = 10_000;

    private const int LongestText = 1_024;

    private readonly List<PolicyProblem> problems = [];
    private readonly Dictionary<DomainName, string> owners = [];
    private readonly HashSet<DomainName> localDomains;
    private string? openPath;
    private int errors;

    private PolicyCompiler(IEnumerable<DomainName> localDomains) => this.localDomains = [.. localDomains];

    /// <summary>Compiles.</summary>
    /// <param name="partners">The documents; their paths are <c>partners[0]</c>, <c>partners[1]</c>…</param>
    /// <param name="localDomains">The organisation's own domains, which no partner may have.</param>
    public static PolicyCompilation Compile(IReadOnlyList<PartnerDocument> partners, IEnumerable<DomainName> localDomains)
    {
        ArgumentNullException.ThrowIfNull(partners);
        ArgumentNullException.ThrowIfNull(localDomains);
        var compiler = new PolicyCompiler(localDomains);
        var compiled = partners
            .Select((document, index) => compiler.Compile(document, string.Create(CultureInfo.InvariantCulture, $"partners[{index}]")))
            .OfType<Partner>()
            .ToList();
        return new PolicyCompilation(compiler.errors == 0 ? new PolicySnapshot(compiled) : null, compiler.problems);
    }

    private Partner? Compile(PartnerDocument document, string path)
    {
        var errorsBefore = errors;
        var open = string.Equals(document.Domain, PartnerDocument.AnyDomain, StringComparison.Ordinal);
        var domain = open ? null : Domain(document.Domain, path + ".domain");
        var additional = document.AdditionalDomains
            .Select((text, index) => Domain(text, string.Create(CultureInfo.InvariantCulture, $"{path}.additionalDomains[{index}]")))
            .OfType<DomainName>()
            .ToList();
        if (open)
        {
            ClaimOpen(document, path);
        }

        var partner = new Partner
        {
            Name = domain?.Ascii ?? PartnerDocument.AnyDomain,
            Domain = domain,
            AdditionalDomains = additional,
            Description = Text(document.Description, path + ".description"),
            Type = document.PartnerType ?? PartnerType.PublicUnverified,
            Terms = Terms(document, path),
            Trust = document.Trust,
            Proxy = Proxy(document.ProxyFqdn, path + ".proxyFqdn"),
            Enabled = document.Enabled ?? true,
            DisabledReason = Text(document.DisabledReason, path + ".disabledReason"),
            MaxStanzaBytes = StanzaLimit(document.MaxStanzaBytes, path + ".maxStanzaBytes"),
        };
        return errors == errorsBefore ? partner : null;
    }

    private DomainName? Domain(string? text, string path)
    {
        if (string.IsNullOrEmpty(text))
        {
            Error(path, "the partner has no domain", "write its primary domain, such as domain: partner.example");
            return null;
        }

        if (text.Contains('*', StringComparison.Ordinal))
        {
            Error(path, $"'{Shown(text)}' is not one domain", "list each domain by itself; domain: '*' alone opens federation to every domain");
            return null;
        }

        if (!DomainName.TryParse(text, out var domain) || domain.Ascii[0] == '[' || IPAddress.TryParse(domain.Ascii, out _))
        {
            Error(path, $"'{Shown(text)}' is not a domain name", "write a fully qualified name, such as partner.example (RFC 7622 section 3.2)");
            return null;
        }

        return Claim(domain, path) ? domain : null;
    }

    private bool Claim(DomainName domain, string path)
    {
        if (localDomains.Contains(domain))
        {
            Error(path, $"{domain} is a local domain", "remove it here or under domains: a domain is either ours or a partner's");
            return false;
        }

        if (!owners.TryAdd(domain, path))
        {
            Error(path, $"{domain} is already at {owners[domain]}", "keep it once: a domain belongs to one partner");
            return false;
        }

        return true;
    }

    private void ClaimOpen(PartnerDocument document, string path)
    {
        if (openPath is not null)
        {
            Error(path + ".domain", $"'*' is already at {openPath}", "keep one '*' partner");
        }

        openPath ??= path + ".domain";
        if (document.AdditionalDomains.Count > 0)
        {
            Error(path + ".additionalDomains", "the '*' partner has every other domain already", "remove additionalDomains");
        }

        if (document.ProxyFqdn is not null)
        {
            Error(path + ".proxyFqdn", "every domain of an open federation would be sent to one host", "remove proxyFqdn, or name the partner's domain");
        }
    }

    private NegotiationTerms Terms(PartnerDocument document, string path)
    {
        var ruling = NegotiationMatrix.Rule(new NegotiationChoice(
            document.TlsNegotiation ?? NegotiationMode.Required,
            document.SaslNegotiation ?? NegotiationMode.Required,
            document.SupportDialback ?? true,
            document.LyncCompat ?? false));
        if (ruling.Refusal is { } refusal)
        {
            Error(path + ".saslNegotiation", refusal.Describe(), refusal.Remedy());
        }

        // Row 1 is the preset: an operator who wrote nothing of dialback need not hear that it idles.
        foreach (var note in ruling.Notes.Where(note => note is not NegotiationNote.DialbackIdle || document.SupportDialback is true))
        {
            Warn(path + ".saslNegotiation", note.Describe(), note.Remedy());
        }

        var proven = document.RequireTrustedCertificate ?? false;
        if (proven && ruling.IsValid && (ruling.Methods & ~AuthenticationMethods.TcpDialback) == AuthenticationMethods.None)
        {
            Error(path + ".requireTrustedCertificate", "there is no certificate without TLS", "set tlsNegotiation: Required, or requireTrustedCertificate: false");
        }

        return new NegotiationTerms(ruling.Methods) { RequireTrustedCertificate = proven };
    }

    private ProxyAddress? Proxy(string? text, string path)
    {
        if (text is null)
        {
            return null;
        }

        if (HostAndPort.TryParse(text, out var host, out var port))
        {
            return new ProxyAddress(host, port);
        }

        Error(path, $"'{Shown(text)}' is not host or host:port", "write a host name or address, such as xmpp.partner.example:5269 or [2001:db8::5]:5269");
        return null;
    }

    private int? StanzaLimit(int? bytes, string path)
    {
        if (bytes < SmallestStanzaLimit)
        {
            Error(path, $"{bytes} bytes is too few", "allow at least 10000 bytes (RFC 6120 section 13.12)");
        }

        return bytes;
    }

    private string Text(string? text, string path)
    {
        if (text is { Length: > LongestText })
        {
            Error(path, "the text is longer than 1024 characters", "shorten it");
        }

        return text ?? "";
    }

    private static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "…";

    private void Error(string path, string what, string remedy)
    {
        errors++;
        problems.Add(new PolicyProblem(ProblemSeverity.Error, path, what, remedy));
    }

    private void Warn(string path, string what, string remedy) => problems.Add(new PolicyProblem(ProblemSeverity.Warning, path, what, remedy));
}
