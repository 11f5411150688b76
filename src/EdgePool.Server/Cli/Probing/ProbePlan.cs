using System.Net;
using System.Security.Cryptography;
using EdgePool.Edge;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Cli.Policies;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Wire;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Cli.Probing;

/// <summary>What a probe runs on.</summary>
/// <param name="Pair">The domain that it plays, and the one that it looks at.</param>
/// <param name="Options">As for a node.</param>
/// <param name="Notes">What the operator has to know of how it is judged.</param>
internal sealed record ProbePlan(DomainPair Pair, EdgeOptions Options, IReadOnlyList<string> Notes)
{
    /// <summary>The plan with a node's configuration; its partners are those of its file, or of the node that runs with it.</summary>
    public static async Task<ProbePlan> WithNodeAsync(DomainName domain, DomainName? from, ServerOptions node, CancellationToken cancellation)
    {
        var local = from ?? node.Edge.LocalDomains[0].Name;
        var notes = new List<string>();
        var policy = node.Management.HasStore ? await StoredAsync(domain, node.Management, notes, cancellation) : node.Edge.Policy;
        if (policy?.Find(domain) is { Enabled: false })
        {
            notes.Add("the partner is disabled: a node would not connect");
        }

        if (!node.Edge.Certificates.Any(certificate => certificate.Proves(local)))
        {
            notes.Add($"no certificate of the configuration proves {local.Ascii}: SASL EXTERNAL is not tried");
        }

        var known = policy is not null && (policy.Find(domain) is not null || node.Edge.LocalDomains.Any(own => own.Name.Equals(domain)));
        return new ProbePlan(new DomainPair(local, domain), node.Edge with { Policy = known ? policy! : Defaults(domain, local, notes) }, notes);
    }

    /// <summary>The plan of somebody who has nothing but a name.</summary>
    public static ProbePlan WithoutNode(DomainName domain, DomainName from)
    {
        var notes = new List<string> { "without --config there is no certificate to show: SASL EXTERNAL is not tried, and trusted is what this machine trusts" };
        var options = new EdgeOptions
        {
            NodeName = "probe",
            LocalDomains = [],
            Policy = Defaults(domain, from, notes),
            S2SListeners = [],
            InternalListeners = [],
            Certificates = [],
            DialbackSecrets = new DialbackSecrets(Convert.ToHexString(RandomNumberGenerator.GetBytes(32))),
        };
        return new ProbePlan(new DomainPair(from, domain), options, notes);
    }

    /// <summary>The same with name servers of the operator's choice.</summary>
    public ProbePlan Asking(IReadOnlyList<IPEndPoint> servers) => servers.Count == 0 ? this : this with { Options = Options with { DnsServers = servers } };

    /// <summary>The partner as 'partner add' would make it.</summary>
    private static PolicySnapshot Defaults(DomainName domain, DomainName local, List<string> notes)
    {
        notes.Add("judged by the defaults, for no partner of that name is known here: TLS required, SASL where it serves, else dialback");
        var document = new PartnerDocument { Domain = domain.Ascii, SaslNegotiation = NegotiationMode.Optional };
        var compiled = PolicyCompiler.Compile([document], [local]);
        return compiled.Snapshot ?? throw new CommandFailure(ExitCode.Usage, string.Join('\n', compiled.Problems.Select(problem => $"{problem.What} — {problem.Remedy}")));
    }

    private static async Task<PolicySnapshot?> StoredAsync(DomainName domain, ManagementSettings management, List<string> notes, CancellationToken cancellation)
    {
        if (management.Socket is not { } socket)
        {
            return null;
        }

        try
        {
            using var client = new NodeClient(socket);
            var document = await client.GetAsync(DocumentPaths.Document(DocumentKinds.Partner, domain.Ascii), WireJson.Default.StoredView, cancellation);
            return PartnerViews.Compiled([document], gateway: null);
        }
        catch (NodeFailure)
        {
            return null; // no such partner
        }
        catch (CommandFailure failure)
        {
            notes.Add($"the partners are in the store, and {failure.Message}");
            return null;
        }
    }
}
