using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Topologies;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Topologies;

/// <summary><c>edgepool topology show</c> and <c>status</c>.</summary>
internal static class TopologyViews
{
    /// <summary><c>show</c>.</summary>
    public static Command CreateShow(string notes)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = NodeCommand.Create("show", "Show the topology in force.", notes, async (context, cancellation) =>
        {
            var document = await context.Node.GetAsync(DocumentPaths.Document(DocumentKinds.Topology, DocumentKinds.TopologyName), WireJson.Default.StoredView, cancellation);
            if (context.Arguments.GetValue(json))
            {
                context.Output.WriteLine(JsonSerializer.Serialize(document, WireJson.Shown.StoredView));
                return ExitCode.Success;
            }

            context.Output.WriteLine(FormattableString.Invariant($"topology  version {document.Version}, {document.When:u}, {Shown.Of(document.Who)}{(document.Why.Length == 0 ? "" : $": {Shown.Of(document.Why, 1_024)}")}"));
            Write(Compiled(document), context.Output);
            return ExitCode.Success;
        });
        command.Options.Add(json);
        return command;
    }

    /// <summary><c>status</c>.</summary>
    public static Command CreateStatus(string notes, TimeProvider time)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = NodeCommand.Create("status", "Show which node has which version of the topology in force.", notes, async (context, cancellation) =>
        {
            var view = await context.Node.GetAsync("/v1/topology/status", WireJson.Default.TopologyStatusView, cancellation);
            if (view.Version == 0)
            {
                throw new CommandFailure(ExitCode.Failed, "there is no topology — write one as in cluster-config/documents/topology.yaml, and 'edgepool topology publish -f FILE'");
            }

            if (context.Arguments.GetValue(json))
            {
                context.Output.WriteLine(JsonSerializer.Serialize(view, WireJson.Shown.TopologyStatusView));
            }
            else
            {
                Write(view, time.GetUtcNow(), context.Output);
            }

            return view.Problems.Count == 0 ? ExitCode.Success : ExitCode.Failed;
        });
        command.Options.Add(json);
        return command;
    }

    /// <summary>The topology of a store's document, which was checked before it came there.</summary>
    public static Topology Compiled(StoredView document)
        => PolicyCompiler.Compile([new PolicyDocument(document.Kind, document.Name, document.Version, document.Spec!.Value.GetRawText())], document.Version, []).Snapshot!.Topology!;

    /// <summary>The topology for people.</summary>
    public static void Write(Topology topology, TextWriter output)
    {
        var zones = topology.Zones.Select(zone => zone.Primary is null ? $"{zone.Name} (by hand)" : $"{zone.Name} (primary {zone.Primary})");
        output.WriteLine($"dns       kept for {Quantity.Text(topology.RecordTtl)}; zones {string.Join(", ", zones)}");
        output.WriteLine();
        var pools = new TextTable("POOL", "SITE", "FEDERATION", "PRIORITY", "WEIGHT", "HOST", "PORTS", "ADDRESSES", "NODES");
        foreach (var pool in topology.Pools)
        {
            var ports = pool.DirectTlsPort is { } direct ? FormattableString.Invariant($"{pool.Port}, {direct} (TLS)") : Number(pool.Port);
            pools.Add(
                pool.Name, pool.Site, pool.XmppFederation ? "on" : "off", Number(pool.Priority), Number(pool.Weight), pool.Host?.ToString() ?? "", ports,
                string.Join(", ", pool.Addresses), string.Join(", ", pool.Nodes));
        }

        pools.WriteTo(output);
        output.WriteLine();
        var sites = new TextTable("SITE", "FEDERATION ROUTE");
        foreach (var site in topology.Sites)
        {
            sites.Add(site.Name, string.Join(", then ", site.Route.Select(pool => pool.Name)));
        }

        sites.WriteTo(output);
        output.WriteLine();
        var domains = new TextTable("DOMAIN", "SITE", "BACK ENDS BEHIND", "CAA");
        foreach (var domain in topology.Domains)
        {
            domains.Add(domain.Name.ToString(), domain.Site.Name, string.Join(", ", domain.BackEnds.Select(pool => pool.Name)), string.Join(", ", domain.Caa));
        }

        domains.WriteTo(output);
    }

    /// <summary>The nodes for people.</summary>
    public static void Write(TopologyStatusView view, DateTimeOffset now, TextWriter output)
    {
        output.WriteLine(FormattableString.Invariant($"topology  version {view.Version}"));
        output.WriteLine();
        var table = new TextTable("NODE", "POOL", "STATE", "VERSION", "AGE", "LACKS");
        foreach (var node in view.Nodes)
        {
            var age = node.Since is { } since ? Quantities.Time(Math.Max(0, (long)(now - since).TotalSeconds)) : "";
            table.Add(node.Name, node.Pool ?? "", node.State, node.Version == 0 ? "" : Number(node.Version), age, node.Lacks ?? "");
        }

        table.WriteTo(output);
        if (view.Advertiser is { } advertiser)
        {
            output.WriteLine();
            output.WriteLine($"dns       {AdvertiserText.Of(advertiser, now)}");
        }

        foreach (var (domain, finding) in view.Partners ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            output.WriteLine($"partner   {Shown.Of(domain)} {finding}");
        }

        if (view.Problems.Count > 0)
        {
            output.WriteLine();
        }

        foreach (var problem in view.Problems)
        {
            output.WriteLine($"problem   {Shown.Of(problem, 1_000)}");
        }
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
