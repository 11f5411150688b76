using System.CommandLine;
using System.Net;
using EdgePool.Dns.Resolving;
using EdgePool.Edge.Advertising;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Topologies;
using EdgePool.Server.Advertising;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Dns;

/// <summary><c>edgepool dns publish</c>: brings the records of the topology to the primary servers of their zones.</summary>
internal static class DnsPublishCommand
{
    private const string Notes = """
        Examples:
          edgepool dns publish --dry-run                                    what would change, record by record
          edgepool dns publish --key /etc/edgepool/update.key
          edgepool dns publish --key update.key --zone contoso.example --server 192.0.2.53:5353

        Each zone is changed at its primary (dns: zones: of the topology, or --server) as one update, all of it or nothing, signed by a key with hmac-sha256 that
        'tsig-keygen NAME' of BIND makes (the file is its owner's alone: chmod 600). Only records that a version of the topology has ever named are touched: what an earlier
        one named and this one does not goes. Where records of others stand in the place of ours, nothing of the zone is changed, and they are shown; --take-over replaces them.
        An update holds only while the records are those that were shown: whatever somebody else changes in between is not written over.

        At BIND:   zone "contoso.example" { …; update-policy { grant NAME zonesub ANY; }; };
        At Knot:   acl: id: edgepool, key: NAME, action: update; and acl: edgepool at the zone

        Exit codes: 0 the zones are as the topology says, or would be, 1 one is not, 2 usage, 66 no such file, 69 no node or no primary answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create(TimeProvider time)
    {
        var source = new TopologySource(time);
        var zone = DnsZoneCommand.ZoneOption();
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what would change, and change nothing. No key is needed." };
        var takeOver = new Option<bool>("--take-over") { Description = "Replace records of others that stand in the place of ours." };
        var server = new Option<string?>("--server") { Description = "The primary, in place of the topology's: ADDRESS or ADDRESS:PORT. With --zone.", HelpName = "ADDRESS" };
        var keyFile = new KeyFileOption();
        var command = NodeCommand.Create("publish", "Bring the records of the topology to the primary servers of their zones (RFC 2136).", Notes, async (context, cancellation) =>
        {
            var (given, only, dry) = (context.Arguments.GetValue(server), context.Arguments.GetValue(zone), context.Arguments.GetValue(dryRun));
            var primary = Primary(given, only);
            var key = dry ? null : keyFile.Read(context);
            var topology = await source.ReadAsync(context, cancellation);
            var former = source.IsFile(context) ? [] : await FormerAsync(context, cancellation);
            var publisher = new ZonePublisher(time, key, context.Arguments.GetValue(takeOver));
            var code = ExitCode.Success;
            foreach (var zone in DnsZoneCommand.Chosen(TopologyRecords.Of(topology), only))
            {
                var ended = await PublishAsync(context, publisher, zone, former, primary, cancellation);
                code = code is ExitCode.Success ? ended : code;
            }

            return code;
        });
        source.AddTo(command);
        command.Options.Add(zone);
        command.Options.Add(server);
        keyFile.AddTo(command);
        command.Options.Add(dryRun);
        command.Options.Add(takeOver);
        return command;
    }

    private static async Task<int> PublishAsync(
        NodeContext context, ZonePublisher publisher, ZoneRecords zone, IReadOnlyList<Topology> former, IPEndPoint? primary, CancellationToken cancellation)
    {
        if (zone.Zone is not { } ours)
        {
            context.Error.WriteLine($"edgepool: {string.Join(", ", zone.Records.Select(record => record.Name).Distinct())}: in no zone of the topology — see that whoever has the zone has these records ('edgepool dns zone')");
            return ExitCode.Success;
        }

        var publication = await publisher.PublishAsync(zone, FormerTopologies.RecordsOf(ours, former), primary, send: true, cancellation);
        return new PublicationText(context.Output, context.Error).Tell(ours.Name, publication);
    }

    /// <summary>All versions of the topology that the node's store remembers, and that can still be read as one.</summary>
    private static async Task<IReadOnlyList<Topology>> FormerAsync(NodeContext context, CancellationToken cancellation)
    {
        var path = DocumentPaths.Document(DocumentKinds.Topology, DocumentKinds.TopologyName) + "/history";
        var history = await context.Node.GetAsync(path, WireJson.Default.DocumentHistory, cancellation);
        return [.. history.Versions.Where(version => version.Spec is not null).Select(version => FormerTopologies.Compiled(version.Version, version.Spec!.Value.GetRawText())).OfType<Topology>()];
    }

    private static IPEndPoint? Primary(string? server, string? zone)
    {
        if (server is null)
        {
            return null;
        }

        if (zone is null)
        {
            throw new CommandFailure(ExitCode.Usage, "--server is the primary of one zone — name it with --zone");
        }

        return ResolvConf.TryParseServer(server, out var parsed)
            ? parsed
            : throw new CommandFailure(ExitCode.Usage, $"'{Configuration.Shown.Of(server)}' is no address — write the primary's, such as 192.0.2.53 or 192.0.2.53:5353");
    }
}
