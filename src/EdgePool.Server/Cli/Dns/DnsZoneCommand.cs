using System.CommandLine;
using EdgePool.Dns.Zones;
using EdgePool.Edge.Advertising;
using EdgePool.Server.Cli.Connection;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Server.Cli.Dns;

/// <summary><c>edgepool dns zone</c>: the records as text for a zone's file.</summary>
internal static class DnsZoneCommand
{
    /// <summary>The command.</summary>
    public static Command Create(string notes, TimeProvider time)
    {
        var source = new TopologySource(time);
        var zone = ZoneOption();
        var command = NodeCommand.Create("zone", "Write the records of the topology as master files do (RFC 1035), zone by zone.", notes, async (context, cancellation) =>
        {
            var topology = await source.ReadAsync(context, cancellation);
            var zones = Chosen(TopologyRecords.Of(topology), context.Arguments.GetValue(zone));
            var origin = source.IsFile(context) ? "a topology in a file" : FormattableString.Invariant($"version {topology.Source.Version} of the topology");
            context.Output.Write(Text(zones, origin));
            return ExitCode.Success;
        });
        source.AddTo(command);
        command.Options.Add(zone);
        return command;
    }

    /// <summary><c>--zone</c>.</summary>
    public static Option<string?> ZoneOption() => new("--zone") { Description = "This zone alone.", HelpName = "NAME" };

    /// <summary>The zones that were asked for.</summary>
    /// <exception cref="CommandFailure">There is no such zone.</exception>
    public static IReadOnlyList<ZoneRecords> Chosen(IReadOnlyList<ZoneRecords> zones, string? name)
    {
        if (name is null)
        {
            return zones;
        }

        var wanted = DomainName.TryParse(name.TrimEnd('.'), out var domain) ? zones.Where(zone => domain.Equals(zone.Zone?.Name)).ToList() : [];
        var known = string.Join(", ", zones.Select(zone => zone.Zone?.Name.ToString()).OfType<string>());
        return wanted.Count > 0 ? wanted : throw new CommandFailure(ExitCode.Failed, $"the topology has no zone {Configuration.Shown.Of(name)} — there is {known}");
    }

    /// <summary>The records as text, with a word on each zone.</summary>
    public static string Text(IReadOnlyList<ZoneRecords> zones, string origin)
    {
        var text = new StringWriter { NewLine = "\n" };
        foreach (var zone in zones)
        {
            text.WriteLine(zone.Zone is { } ours
                ? $"; zone {ours.Name.Ascii}: the records of EdgePool, by {origin}"
                : $"; in no zone of ours, by {origin}: whoever has the zone must have these");
            foreach (var record in zone.Records)
            {
                text.WriteLine(ZoneText.Of(record));
            }
        }

        return text.ToString();
    }
}
