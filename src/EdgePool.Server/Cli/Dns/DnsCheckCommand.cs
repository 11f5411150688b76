using System.CommandLine;
using System.Globalization;
using System.Net;
using EdgePool.Dns.Resolving;
using EdgePool.Edge.Advertising;
using EdgePool.Server.Advertising;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli.Dns;

/// <summary><c>edgepool dns check</c>: what partners see, against what the topology says.</summary>
internal static class DnsCheckCommand
{
    private const string Notes = """
        Examples:
          edgepool dns check                                                the zones' own servers, and this machine's resolvers
          edgepool dns check --resolver 1.1.1.1 --resolver 9.9.9.9          what the world sees
          edgepool dns check -f topology.yaml --authoritative 192.0.2.53    no node is asked

        Each zone's own name servers (primary: of the topology, and those that NS records name, or --authoritative) and each resolver are asked for every record of the
        topology. Told are records that are missing, or lead to another port or priority, records that the topology does not name, hosts that are aliases or have no
        address, lifetimes beyond dns: ttl: of the topology, and servers that say different things.

        Exit codes: 0 all is as the topology says, 1 something is not, 2 usage, 66 no such file, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create(TimeProvider time)
    {
        var source = new TopologySource(time);
        var zone = DnsZoneCommand.ZoneOption();
        var resolvers = new Option<string[]>("--resolver") { Description = "A resolver to ask; may be given several times. Default: those of /etc/resolv.conf.", HelpName = "ADDRESS" };
        var authorities = new Option<string[]>("--authoritative") { Description = "A name server of the zones, in place of those that are found.", HelpName = "ADDRESS" };
        var command = NodeCommand.Create("check", "Ask the zones' own servers and resolvers, and tell what differs from the topology.", Notes, async (context, cancellation) =>
        {
            var asked = Servers(context.Arguments.GetValue(resolvers));
            var ours = Servers(context.Arguments.GetValue(authorities));
            var topology = await source.ReadAsync(context, cancellation);
            var zones = DnsZoneCommand.Chosen(TopologyRecords.Of(topology), context.Arguments.GetValue(zone));
            var surveyor = new DnsSurveyor(asked.Count > 0 ? asked : ResolvConf.Load().Servers, time);
            var found = 0;
            foreach (var part in zones)
            {
                found += Tell(part, await surveyor.SurveyAsync(part, ours, cancellation), context.Output);
            }

            return found == 0 ? ExitCode.Success : ExitCode.Failed;
        });
        source.AddTo(command);
        command.Options.Add(zone);
        command.Options.Add(resolvers);
        command.Options.Add(authorities);
        return command;
    }

    /// <summary>Tells what is wrong with a zone; gives how much it is.</summary>
    private static int Tell(ZoneRecords zone, IReadOnlyList<ServerView> views, TextWriter output)
    {
        var findings = RecordCheck.Findings([.. zone.Records], views);
        var servers = string.Join(", ", views.Select(view => view.Server));
        output.WriteLine($"{zone.Zone?.Name.ToString() ?? "names in no zone of ours"}, asked: {servers}");
        foreach (var finding in findings)
        {
            var server = finding.Server.Length == 0 ? "" : $"{finding.Server}: ";
            output.WriteLine($"  {finding.Fault}  {server}{finding.Name} {finding.Type}: {Shown.Of(finding.What, 1_000)} — {finding.Remedy}");
        }

        output.WriteLine(findings.Count == 0 ? "  all is as the topology says" : string.Create(CultureInfo.InvariantCulture, $"  {findings.Count} findings"));
        return findings.Count;
    }

    private static List<IPEndPoint> Servers(string[]? texts)
        => [.. (texts ?? []).Select(text => ResolvConf.TryParseServer(text, out var server)
            ? server
            : throw new CommandFailure(ExitCode.Usage, $"'{Shown.Of(text)}' is no address — write one such as 192.0.2.53 or 192.0.2.53:5353"))];
}
