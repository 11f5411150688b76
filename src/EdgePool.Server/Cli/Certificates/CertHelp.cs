namespace EdgePool.Server.Cli.Certificates;

/// <summary>Examples and exit codes under the help of <c>edgepool cert</c> and its commands.</summary>
internal static class CertHelp
{
    public const string Cert = """
        From nothing to a certificate in use:
          edgepool cert request -c edgepool.yaml            asks, then writes NAME.key and NAME.csr; send NAME.csr to the authority
          edgepool cert import answer.pem                   its answer becomes NAME.pem, checked and in order
          edgepool cert check NAME.pem --key NAME.key -c edgepool.yaml
          edgepool cert assign NAME.pem --key NAME.key -c edgepool.yaml

        A running node takes what 'assign' puts in place, or what changes on disk in any other way, within seconds; no stream is dropped.

        Exit codes: 0 done, 1 refused or errors found, 2 usage, 66 no such file, 77 not permitted, 78 the configuration is wrong.
        """;

    public const string Request = """
        Examples:
          edgepool cert request -c edgepool.yaml            on a terminal: asks, proposing the node's local domains
          edgepool cert request -c edgepool.yaml --yes --key-type p256 --san edge.contoso.example
          edgepool cert request --domain contoso.example --dns-only --server-only --out /etc/edgepool

        The key is made here and never leaves: NAME.key, mode 600, is also the only copy. No file is overwritten without --force.
        Each domain is asked for bare (DNS:contoso.example), as SRV:_xmpp-server.contoso.example (RFC 4985) and as XMPP:contoso.example
        (id-on-xmppAddr). Wildcards are not relied on: name each domain.

        Exit codes: 0 done, 1 a file is in the way or the wizard was left, 2 usage, 66 no such file, 77 not permitted, 78 the configuration is wrong.
        """;

    public const string Show = """
        Examples:
          edgepool cert show edge.pem                       every certificate in the file, ours first
          edgepool cert show assigned -c edgepool.yaml      those that the node's file names
          edgepool cert show NAME.csr                       what a request asks for
          edgepool cert show edge.pem --json

        The key hash is that by which partners pin a key: SHA-256 of the public key (SPKI).

        Exit codes: 0 shown, 1 not a certificate, 2 usage, 66 no such file, 77 not permitted.
        """;

    public const string Import = """
        Examples:
          edgepool cert import answer.p7b --folder /etc/edgepool
          edgepool cert import edge.crt intermediate.crt --key edge.key --out edge.pem

        The key of the request must be that of a certificate that was sent. Written is our own certificate, then its issuers, without the root.

        Exit codes: 0 written, 1 refused, 2 usage, 66 no such file, 77 not permitted.
        """;

    public const string Check = """
        Examples:
          edgepool cert check -c edgepool.yaml              the certificates of a node
          edgepool cert check new.pem --key new.key -c edgepool.yaml     one that is to be assigned
          edgepool cert check edge.pem --json

        Each line is FILE: error, warning or note: what is so — what to do. With --json, 'findings' has them with stable rule names,
        'domains' says which file proves which local domain, 'files' has the facts.

        Partners count: those of the file; where they are in a store, those of the node that runs, and if none answers, those that lie in the store. The last
        lines, and 'partners' of --json, say which.

        Exit codes: 0 no error (warnings do not count), 1 errors, 2 usage, 66 no such configuration file, 77 not permitted, 78 the configuration is wrong.
        """;

    public const string Assign = """
        Examples:
          edgepool cert assign new.pem --key new.key -c /etc/edgepool/edgepool.yaml
          edgepool cert assign both.pem -c edgepool.yaml --in-place-of edge.pem

        Checked like 'cert check'; with an error nothing is changed. The node's file stays as it is: the files that it names are replaced, the old ones
        kept as .previous, and owner and modes stay those of the node. A running node takes them within seconds; no stream is dropped.

        Exit codes: 0 assigned, 1 refused, 2 usage, 66 no such file, 77 not permitted (run as root or as the node's user), 78 the configuration is wrong.
        """;
}
