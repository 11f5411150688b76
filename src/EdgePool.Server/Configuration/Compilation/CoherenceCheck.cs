using EdgePool.Edge;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Written;
using EdgePool.Xmpp.Sasl;

namespace EdgePool.Server.Configuration.Compilation;

/// <summary>What no part of the configuration can see by itself.</summary>
internal static class CoherenceCheck
{
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(10);

    /// <summary>Reports parts that do not fit each other.</summary>
    public static void Run(EdgeOptions options, NodeDocument document, ProblemList problems)
    {
        Certificates(options, document, problems);
        Partners(options, document, problems);
        Timeouts(options.Timeouts, problems);
    }

    private static void Certificates(EdgeOptions options, NodeDocument document, ProblemList problems)
    {
        if (document.Certificates.Count == 0)
        {
            if (document.Store is not null || NeedsTls(options))
            {
                problems.Error("certificates", "there is no certificate, so no stream could use TLS", "add certificates: [ { certificate: edge.pem, key: edge.key } ]");
            }

            return;
        }

        if (options.Certificates.Count < document.Certificates.Count)
        {
            return;
        }

        foreach (var domain in options.LocalDomains.Where(domain => !options.Certificates.Any(ours => Covers(ours, domain))))
        {
            problems.Warn(
                "certificates",
                $"no certificate covers the local domain {domain.Name}",
                $"have one issued with the subject alternative name DNS:{domain.Name}: partners that check will refuse us");
        }
    }

    private static bool Covers(EdgeCertificate certificate, LocalDomain domain)
        => CertificateIdentity.Matches(certificate.Certificate, domain.Name);

    private static bool NeedsTls(EdgeOptions options)
        => options.Policy.Partners.Any(partner => partner.Terms.OffersTls)
            || options.LocalDomains.Any(domain => domain.BackEnd is BackEndOptions.Server { Terms.OffersTls: true })
            || options.InternalListeners.Any(listener => listener.RequireClientCertificate);

    private static void Partners(EdgeOptions options, NodeDocument document, ProblemList problems)
    {
        if (document is { Partners.Count: 0, Store: null })
        {
            problems.Warn("partners", "there is no partner, so nobody can federate with us", "add partners: [ { domain: partner.example } ]");
        }

        if (options.AllowedNetworks.Count > 0 && !document.Partners.Any(partner => string.Equals(partner.Domain, PartnerDocument.AnyDomain, StringComparison.Ordinal)))
        {
            problems.Warn(
                "dns.allowNetworks",
                "it is for partners whom only open federation admits, and there is no partner '*'",
                "remove it: a listed partner may be in any network that denyNetworks does not name");
        }

        if (options.ValidatingDns is null && options.Policy.Partners.FirstOrDefault(partner => partner.Certificates.Dane is not DaneUse.Off) is { } dane)
        {
            problems.Warn(
                "dns",
                $"partner {dane.Name} has trust.dane: {Words.Of(dane.Certificates.Dane)}, and no name server validates DNSSEC: no TLSA record will vouch for it",
                "run a validating resolver on this host and write dns: { servers: [\"127.0.0.1\"], validating: true }");
        }

        foreach (var partner in options.Policy.Partners.Where(partner => partner.MaxStanzaBytes > options.Limits.Authenticated.ElementBytes))
        {
            problems.Warn(
                "limits.authenticated",
                $"partner {partner.Name} is allowed larger stanzas than the gateway takes",
                "raise limits.authenticated.elementBytes, or lower the partner's maxStanzaBytes");
        }
    }

    private static void Timeouts(StreamTimeouts timeouts, ProblemList problems)
    {
        if (timeouts.BackoffMin > timeouts.BackoffMax)
        {
            problems.Error("timeouts.backoffMin", "the first wait is longer than the longest", "keep backoffMin at or below backoffMax");
        }

        if (timeouts.Handshake > timeouts.Authentication)
        {
            problems.Warn("timeouts.handshake", "the handshake may take longer than the authentication that contains it", "keep handshake at or below authentication");
        }

        if (timeouts.UserTimeout <= timeouts.Write)
        {
            problems.Warn(
                "timeouts.userTimeout",
                "the system ends the connection of a peer that takes nothing before write does, and the log says that it was lost",
                "keep userTimeout above write, or lower write");
        }

        if (timeouts.Drain > LongestDrain)
        {
            problems.Warn("timeouts.drain", "a drain of more than 10s may outlast what the service manager waits", "raise TimeoutStopSec of the service above it, or write drain: 10s");
        }
    }
}
