using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Telemetry;

/// <summary>What to do about a stream that failed or ended: the only place that has these texts.</summary>
public static class StreamRemedies
{
    /// <summary>What an operator can do about it, here or at the partner; never empty. Words behind a colon are settings of documents or commands of ours.</summary>
    public static string Remedy(this StreamEndReason reason) => reason switch
    {
        StreamEndReason.PeerClosed => "if it was not authenticated, the partner did not like what it saw: ask what its log says of our domain and certificate; if it was, nothing",
        StreamEndReason.ConnectionLost => "the partner or the network between broke it off; if it repeats at the same step, ask what the partner's log and both firewalls say",
        StreamEndReason.ConnectFailed => "see that the target's port answers from here (nc -vz HOST PORT); ask the partner for its firewall and SRV records, or set proxyFqdn",
        StreamEndReason.ServiceAbsent => "ask the partner for its SRV records; until they are right, set proxyFqdn: HOST:PORT in its Partner document",
        StreamEndReason.DnsFailed => "see that the name servers of this node answer (dig SRV _xmpp-server._tcp.DOMAIN); dns: servers in edgepool.yaml, or /etc/resolv.conf",
        StreamEndReason.NegotiationTimeout => "the last step shows who was waited for; 'edgepool probe' shows it again, ask the partner's operator what its server waits for",
        StreamEndReason.StanzaTimeout => "the partner began a stanza and did not finish it: its server hangs, or the path loses packets; it connects again by itself",
        StreamEndReason.WriteTimeout => "the partner takes nothing of what we send: its server hangs or is overloaded; what waits goes out on the next stream",
        StreamEndReason.AcknowledgementTimeout => "the partner's server takes stanzas and does not acknowledge them (XEP-0198): ask its operator; enableStreamManagement: false does without",
        StreamEndReason.IdleTimeout => "nothing: a new stream is opened when there is something to say",
        StreamEndReason.KeepAliveTimeout => "the partner was silent: if it is well, set enableKeepAlive: false for it or a longer keepAliveInterval of the gateway",
        StreamEndReason.StreamErrorReceived => "the partner's server says what it does not like: host-unknown means that it does not serve that domain, not-authorized or policy-violation that it does not let us in, see-other-host that it has moved (set proxyFqdn)",
        StreamEndReason.MalformedStream => "what answers there sends no XMPP: see that the port is that of S2S and that nothing between (a proxy, a load balancer) changes bytes",
        StreamEndReason.LimitExceeded => "the partner sent more than the limits take: limits in edgepool.yaml, maxStanzaBytes in its Partner document",
        StreamEndReason.ProtocolViolation => "the partner's server breaks RFC 6120 at this point: send its operator the detail, an update may mend it",
        StreamEndReason.ImproperAddressing => "the partner's server sends wrong or missing addresses: send its operator the detail",
        StreamEndReason.HostUnknown => "the partner asked for a domain that is not served here: add it under domains in edgepool.yaml, or tell the partner the right one",
        StreamEndReason.TlsFailed => "no common version or cipher suite, or something that is no TLS answers: openssl s_client -connect HOST:PORT -starttls xmpp-server -xmpphost DOMAIN; TLS 1.2 with ECDHE and AEAD is the least",
        StreamEndReason.TlsNotOffered => "ask the partner to switch on STARTTLS for S2S; without TLS only tlsNegotiation: Optional with supportDialback: true lets it in, which proves little",
        StreamEndReason.TlsRefused => "the partner's server offers STARTTLS and then refuses: its certificate is likely missing or unreadable, ask its operator",
        StreamEndReason.TlsUnavailable => "this node has no certificate for TLS: 'edgepool cert check --config FILE'",
        StreamEndReason.TlsVersionTooLow => "ask the partner for a newer TLS, or set tlsMinVersion: \"1.2\" in its Partner document",
        StreamEndReason.CertificateMissing => "the partner showed no certificate: it must show one for its domain also when it connects to us, or set saslNegotiation: Optional with supportDialback: true",
        StreamEndReason.CertificateUntrusted => "its chain ends in no trusted root, lacks an intermediate, is expired or not for servers: ask the partner to mend it; for a private authority set trust: { ca: [...] } in its Partner document",
        StreamEndReason.CertificateWrongName => "the partner's certificate does not name its XMPP domain (a host's or a web site's name is not enough): ask for one with DNS:DOMAIN, or let dialback carry: saslNegotiation: Optional",
        StreamEndReason.CertificatePinMismatch => "if the partner has a new key for good (ask by telephone), put its hash into trust: { pins: [...] }; if not, somebody stands between",
        StreamEndReason.CertificateKeyChanged => "if the partner has a new key for good (ask by telephone), 'edgepool partner keys DOMAIN --forget'; if not, somebody stands between",
        StreamEndReason.CertificateTlsaMissing => "the partner has to publish TLSA records in a signed zone (dig +dnssec TLSA _5269._tcp.HOST at this node's resolver must show the flag ad), and dns: validating: true has to be on here; or set trust: { dane: allow }",
        StreamEndReason.CertificateTlsaUnavailable => "ask this node's resolver: delv or dig +dnssec TLSA _5269._tcp.HOST; SERVFAIL means that signatures are false or expired, which the partner has to mend",
        StreamEndReason.CertificateTlsaMismatch => "the partner shows another certificate than its TLSA records name: the log (3306) has both; it has to publish a record for the new one first (RFC 7671 section 8.1); if it did not change it, somebody stands between",
        StreamEndReason.NotAuthorized => "the partner sent stanzas, or failed too often, before it had proven its domain: ask for its log; its certificate, or its dialback, does not serve",
        StreamEndReason.SaslRejected => "the partner does not take our certificate: 'edgepool cert check --config FILE' shows what partners see; ask which authorities it trusts, or set supportDialback: true",
        StreamEndReason.DialbackInvalid => "the authoritative server calls the key false: nodes of one domain must share the dialback secret (dialback: secretFile), and SRV records must lead to them, at both sides",
        StreamEndReason.DialbackFailed => "the asked server could not check the key: its DNS or its way to the other side is broken; see that the SRV records of both domains lead to servers that answer",
        StreamEndReason.VerificationDone => "nothing: the question is answered",
        StreamEndReason.NoAllowedMethod => "compare tlsNegotiation, saslNegotiation and supportDialback of the Partner document with the features that the partner offers",
        StreamEndReason.PartnerNotAllowed => "if it is to be let in: 'edgepool partner add DOMAIN', or 'edgepool partner enable DOMAIN'; 'edgepool why' tells more",
        StreamEndReason.PolicyViolation => "the detail says which rule; 'edgepool why --last DOMAIN' has the document that it comes from",
        StreamEndReason.InvalidFrom => "the partner's server sends in the name of a domain that it has not proven: list that domain under additionalDomains if it is the partner's, else ask",
        StreamEndReason.Conflict => "nothing, unless it repeats: then two servers speak for one domain, or a component is connected twice",
        StreamEndReason.ConnectionLimit => "the partner has as many streams as it may: connectionLimit in its Partner document or partnerConnectionLimit of the gateway; 'edgepool streams DOMAIN' lists them",
        StreamEndReason.ResourceConstraint => "the partner asks without reading the answers; if it repeats, disable it: 'edgepool partner disable DOMAIN'",
        StreamEndReason.RateExceeded => "the partner sent more than its rate for 30 seconds: raise rate in its Partner document, or ask what it sends",
        StreamEndReason.PolicyChanged => "nothing: an edit of ours ended it; 'edgepool history partner DOMAIN' has who and why",
        StreamEndReason.CertificateExpired => "the partner's certificate has expired: ask it to renew; until then saslNegotiation: Optional with supportDialback: true lets dialback carry",
        StreamEndReason.Retired => "nothing: it was not needed any more",
        StreamEndReason.Shutdown => "nothing: this node was leaving service",
        StreamEndReason.InternalError => "this is a fault of EdgePool: report it with the node's log",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, message: null),
    };

    /// <summary>True when a stream that ends so failed.</summary>
    /// <param name="reason">How it ended.</param>
    /// <param name="succeeded">It had done, or was doing, what it was opened for.</param>
    public static bool IsFailure(this StreamEndReason reason, bool succeeded) => reason switch
    {
        StreamEndReason.VerificationDone or StreamEndReason.Retired or StreamEndReason.Shutdown or StreamEndReason.PolicyChanged => false,
        StreamEndReason.PeerClosed or StreamEndReason.IdleTimeout or StreamEndReason.Conflict => !succeeded,
        _ => true,
    };
}
