using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace EdgePool.Server.Cli;

/// <summary>Help that ends with examples and exit codes, for the command that was asked about.</summary>
internal sealed class HelpNotes(HelpAction usual) : SynchronousCommandLineAction
{
    private const string Root = """
        Examples:
          edgepool demo                                   see it work, nothing to install
          edgepool check config --config edgepool.yaml    what is wrong with a configuration
          edgepool run --config edgepool.yaml             run a node
          edgepool probe partner.example -c edgepool.yaml how far a stream to a partner would come
          edgepool cert request --config edgepool.yaml    ask an authority for its certificate

          edgepool policy set global --enable-federation-access --enable-xmpp-access     let all users federate …
          edgepool partner add partner.example --partner-type Federated                  … with this partner
          edgepool why anna@contoso.example bob@partner.example                          does it pass, and if not, why
          edgepool apply -f cluster-config/documents --dry-run                           the same from files: what would change
          edgepool get partners; edgepool history partner partner.example --diff         what there is, who changed it and why

        Commands that speak to a node (all but run, check, cert, dialback, demo and probe) find it by --socket PATH, --config FILE, the variable EDGEPOOL_SOCKET, or
        at /var/lib/edgepool/edgepool.sock. When one that changes something returns, the change is in force, on streams that are up as well.

        Exit codes:
          0   it did what was asked
          1   the answer is no: errors in a check or in documents, a refused stanza, no such document, a certificate that does not serve; or the demo lost something
          2   the command line is not understood
          66  there is no such file
          69  something is not available: a port in use, an address that this machine does not have, name servers, Unicode support, the node
          70  a fault of EdgePool itself
          77  the operating system forbids it: a file or socket that may not be used, a port below 1024
          78  the configuration, or a file that it names, is wrong
        """;

    private const string Run = """
        Examples:
          edgepool run --config /etc/edgepool/edgepool.yaml
          systemctl start edgepool                        the same as a service: deploy/edgepool.service

        The log goes to standard error, one line an event. SIGTERM and Ctrl+C end the node in order: nothing new is
        accepted, what is in flight is delivered or answered, streams are closed, all within timeouts.drain (10s).
        A second signal ends it at once. SIGHUP looks at changed certificates and dialback secrets at once, which are otherwise taken within seconds.

        Exit codes: 0, 2, 66, 69, 70, 77, 78; edgepool --help explains them.
        """;

    private const string Check = """
        Examples:
          edgepool check config --config edgepool.yaml
          edgepool check config -c edgepool.yaml && systemctl restart edgepool

        Each line is FILE:LINE:COLUMN: error or warning: what is wrong — what to do. Beside the file itself this reads
        certificates (match, expiry, names), keys and secrets (who may read them), and tries Unicode.

        Exit codes: 0 no error (warnings do not count), 1 errors, 2 usage, 66 no such file, 69 no Unicode support on this
        machine, 77 the file may not be read.
        """;

    private const string Demo = """
        Examples:
          edgepool demo                                   two sites of two nodes; the first is killed and comes back
          edgepool demo --json                            no terminal needed, one line of JSON at the end
          edgepool demo --nodes 3                         one pool of three nodes, one of which is killed
          edgepool demo --nodes 1 --rate 0                one node, as many stanzas as go, until Ctrl+C

        Messages are numbered, and every sender learns what became of each: delivered, or bounced with an error. What was in flight at a node that
        is killed is sent again by its sender (partners by XEP-0198), so that it may arrive twice (duplicated), and is never lost in silence.

        Exit codes: 0 it was shown, the ledger balances and nothing was lost in silence; 1 otherwise; 2 usage.
        """;

    /// <summary>Who asks for help need not know yet what is required.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        usual.Invoke(parseResult);
        var notes = parseResult.CommandResult.Command switch
        {
            NotedCommand noted => noted.Notes,
            { Name: "run" } => Run,
            { Name: "check" or "config" } => Check,
            { Name: "demo" } => Demo,
            _ => Root,
        };
        parseResult.InvocationConfiguration.Output.WriteLine(notes);
        return ExitCode.Success;
    }
}
