using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Files;

namespace EdgePool.Server.Cli.Policies;

/// <summary>The options of <c>partner add</c> and <c>partner set</c>: Lync Server's parameters in lower case with hyphens, then our own.</summary>
internal static class PartnerFields
{
    private const int LargestFile = NamedFiles.LargestFile;

    /// <summary>New options; each command needs its own.</summary>
    public static IReadOnlyList<DocumentField> Create() =>
    [
        DocumentField.Single("--description", "description", "TEXT", "Free text."),
        DocumentField.List("--additional-domains", "additionalDomains", "DOMAIN", "Further domains, each by itself: sub-domains are not implied."),
        DocumentField.Single("--partner-type", "partnerType", "TYPE", "Federated, PublicVerified or PublicUnverified (default)."),
        DocumentField.Single("--tls-negotiation", "tlsNegotiation", "MODE", "Required, Optional or NotSupported."),
        DocumentField.Single("--sasl-negotiation", "saslNegotiation", "MODE", "Required, Optional or NotSupported."),
        DocumentField.Flag("--support-dialback", "supportDialback", "Dialback where SASL cannot be. Default: true."),
        DocumentField.Single("--connection-limit", "connectionLimit", "N", "Streams at one time. Default: the gateway's partnerConnectionLimit."),
        DocumentField.Flag("--enable-keep-alive", "enableKeepAlive", "The partner must send something within the gateway's interval. Default: true."),
        DocumentField.Flag("--enable-bidirectional-streams", "enableBidirectionalStreams", "One stream may carry stanzas both ways. Default: true."),
        DocumentField.Flag("--follow-see-other-host", "followSeeOtherHost", "A proven server of the partner's may send us to another host."),
        DocumentField.Flag("--enable-stream-management", "enableStreamManagement", "Stanzas are acknowledged (XEP-0198) where the partner's server can. Default: true."),
        DocumentField.Flag("--enable-stream-resumption", "enableStreamResumption", "A stream that is lost is resumed (XEP-0198) where the partner's server can. Default: true."),
        DocumentField.Single("--proxy-fqdn", "proxyFqdn", "HOST[:PORT]", "Connect here instead of asking for SRV records."),
        DocumentField.Flag("--require-trusted-certificate", "requireTrustedCertificate", "Dialback too demands a certificate that proves the partner's name."),
        DocumentField.Flag("--dialback-without-dialback", "dialbackWithoutDialback", "Such a certificate makes its dialback valid without a lookup."),
        DocumentField.Single("--tls-min-version", "tlsMinVersion", "VERSION", "1.2 (default) or 1.3: nothing is proven under an older TLS."),
        DocumentField.Flag("--allow-server-auth-only", "allowServerAuthOnly", "A certificate for TLS servers alone serves also when the partner connects to us. Default: true."),
        DocumentField.Flag("--allow-client-auth-only", "allowClientAuthOnly", "A certificate for TLS clients alone, from an authority under --ca, serves when the partner connects to us."),
        DocumentField.Flag("--lync-compat", "lyncCompat", "Read the negotiation settings exactly as Lync Server 2013 does."),
        DocumentField.List("--compat", "compat", "QUIRK", "Quirks of its server to tolerate: unbound-db-prefix."),
        DocumentField.Files("--ca", "trust.ca", "Root certificates of the partner in PEM.", ReadPem),
        DocumentField.Flag("--trust-system", "trust.system", "The machine's roots count beside --ca."),
        DocumentField.List("--pins", "trust.pins", "HASH", "SHA-256 of keys, base64 or hexadecimal: one must be in the chain of the partner's certificate."),
        DocumentField.Flag("--first-use", "trust.firstUse", "The first key that the partner shows is the one to compare with."),
        DocumentField.Single("--on-change", "trust.onChange", "ACTION", "What becomes of another key: alarm (default) or refuse."),
        DocumentField.Single("--dane", "trust.dane", "USE", "What TLSA records of a signed zone mean: off (default), allow (they may vouch where no root does) or require."),
        DocumentField.Single(
            "--without-consent", "withoutConsent", "ANSWER", "What a PublicUnverified partner hears of what no local user asked for: refuse (default) or silence."),
        DocumentField.Single("--mode", "mode", "MODE", "enforce (default), or observe: what would be refused passes and is counted."),
        DocumentField.Single("--max-stanza-bytes", "maxStanzaBytes", "SIZE", "Bytes of one stanza."),
        DocumentField.Single("--bytes-per-second", "rate.bytesPerSecond", "SIZE", "Bytes that the partner may send, or be sent, in a second."),
        DocumentField.Single("--stanzas-per-second", "rate.stanzasPerSecond", "N", "Stanzas that the partner may send, or be sent, in a second."),
        DocumentField.Single("--burst", "rate.burst", "N", "Stanzas that may come at once after a quiet time."),
        DocumentField.List("--messages", "rules.messages", "TYPE", "Types of message: chat, normal, headline, groupchat, error."),
        DocumentField.Flag("--presence", "rules.presence", "Presence passes. Default: true."),
        DocumentField.List("--iq", "rules.iq", "NAMESPACE", "Namespaces that may be asked for."),
        DocumentField.List("--allow-payloads", "rules.payloads.allow", "NAMESPACE", "Nothing else may be inside stanzas."),
        DocumentField.List("--deny-payloads", "rules.payloads.deny", "NAMESPACE", "These may not be inside stanzas."),
        DocumentField.Single("--payload-action", "rules.payloads.action", "ACTION", "strip (default) or refuse."),
        DocumentField.List("--local-users", "rules.localUsers", "USER", "Local users who may use this partner: user@domain or @domain."),
        DocumentField.List("--deny-local-users", "rules.denyLocalUsers", "USER", "Local users who may not; they win."),
        DocumentField.Flag("--strip-status", "rules.stripStatus", "Take the status note out of presence that goes to the partner."),
        DocumentField.Single("--security-label", "rules.securityLabel", "RULE", "required or ignore (default): XEP-0258."),
    ];

    private static string ReadPem(string file)
    {
        var problems = new ProblemList(file);
        if (TextFile.Read(file, LargestFile, "name a file with -----BEGIN CERTIFICATE----- in it", problems) is { } text)
        {
            return text;
        }

        throw new CommandFailure(ConfigurationReport.ExitCodeOf(problems.InOrder), string.Join('\n', problems.InOrder.Select(problem => problem.ToString())));
    }
}
