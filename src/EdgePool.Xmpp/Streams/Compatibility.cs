namespace EdgePool.Xmpp.Streams;

/// <summary>
/// Every quirk of other servers that EdgePool knows: a closed table. What is not in it ends the stream as RFC 6120 says. Tests hold the code to it: each entry has a
/// place and a test, and each place an entry.
/// </summary>
public static class Compatibility
{
    /// <summary>The table, by name.</summary>
    public static IReadOnlyList<Quirk> All { get; } =
    [
        new(
            "authzid-always",
            "Openfire before 4.8",
            "SASL EXTERNAL names our domain, though the header has it already",
            "another identity than the header's, in either direction",
            "XEP-0178 section 3; Openfire OF-2639"),
        new(
            "db-prefix-alone",
            "ejabberd before 15.11",
            "our elements of dialback have the prefix db and no other; theirs may have any",
            "a prefix that is bound to another namespace",
            "XEP-0220 section 2.1; ejabberd issue 814"),
        new(
            "dialback-by-declaration",
            "jabberd2, servers older than XEP-0220",
            "a header that declares jabber:server:dialback offers dialback, though no feature does",
            "dialback where policy has none",
            "XEP-0220 section 2.4.1"),
        new(
            "external-refused",
            "ejabberd before 25.08 (no certificate without clientAuth), ejabberd before 17.09 (offers EXTERNAL before it has looked)",
            "behind a refused SASL EXTERNAL the same stream goes on with dialback, counted as a step down",
            "dialback where policy demands SASL; a second EXTERNAL",
            "XEP-0178 section 3 step 11; ejabberd issues 4392 and 2030"),
        new(
            "lower-case-question",
            "old name servers and middleboxes",
            "a DNS answer that spells the question in another case is asked for again over TCP",
            "taking such an answer over UDP",
            "draft-vixie-dnsext-dns0x20"),
        new(
            "missing-from",
            "jabberd2 without TLS, Openfire of old",
            "a header without 'from': the strictest offer, until dialback or a later header names the peer",
            "SASL EXTERNAL on such a header; another 'from' than an earlier header's",
            "RFC 6120 section 4.7.1; Openfire OF-2639"),
        new(
            "missing-to",
            "jabberd2 without TLS",
            "a header without 'to' and 'version': each db:result and db:verify says whom it wants, and is judged by that",
            "a header of version 1.0 without 'to'; STARTTLS, SASL or a stanza on such a stream before dialback",
            "RFC 3920 section 8.3, RFC 6120 section 4.7.2; jabberd2 issue 126"),
        new(
            "no-end-tag",
            "ejabberd 23.01 that finds no mechanism; any server that is killed",
            "a connection that ends without an end tag ends the stream, and is logged as lost",
            "half an element",
            "RFC 6120 section 4.4"),
        new(
            "no-server-name",
            "Prosody 0.12, jabberd2",
            "STARTTLS without a server name gets the certificate of the domain that the header is addressed to",
            "judging the peer by it",
            "RFC 6120 section 5.4.3.1, RFC 6066 section 3"),
        new(
            "no-version",
            "jabberd2 without TLS, jabberd 1.4",
            "a header without 'version', or before 1.0: no features, dialback without TLS",
            "dialback without TLS where policy demands TLS",
            "RFC 6120 section 4.7.5"),
        new(
            "resume-without-id",
            "Prosody 0.12",
            "<enabled/> that says the stream can be resumed, and not by what: it is one that cannot",
            "resuming it",
            "XEP-0198 section 5; mod_smacks between servers"),
        new(
            "starttls-line-end",
            "hand-made peers and checkers, such as shuque/dane",
            "up to 16 bytes of white space behind <starttls/>, before the ClientHello",
            "anything else there; anything at all behind <proceed/>",
            "RFC 6120 section 5.3.3; shuque/dane pull request 7"),
        new(
            "unaddressed-answer",
            "node-xmpp and other small servers",
            "an answering header without 'from' and 'to', or with others: the name is proven by certificate or dialback",
            "a header without 'id'",
            "RFC 6120 sections 4.7.1 and 4.7.2; xmpp.js issue 42"),
        new(
            "unbound-db-prefix",
            "Openfire before 4.8, on streams that SASL has authenticated",
            "the prefix db is the one of dialback where the header does not declare it",
            "any other undeclared prefix; db where the header declares it otherwise",
            "Namespaces in XML section 5, RFC 6120 section 11.1; Openfire OF-2681") { ByPartner = PartnerQuirk.UnboundDbPrefix },
    ];

    /// <summary>What a partner's document writes under <c>compat</c>.</summary>
    public static string NameOf(PartnerQuirk quirk) => WireName<PartnerQuirk>.Of(quirk);

    /// <summary>The entry of a quirk that partners are allowed one by one.</summary>
    public static Quirk Of(PartnerQuirk quirk) => All.Single(q => q.ByPartner == quirk);
}
