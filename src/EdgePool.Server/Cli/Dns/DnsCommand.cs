using System.CommandLine;

namespace EdgePool.Server.Cli.Dns;

/// <summary><c>edgepool dns</c>: the records that partners find us by.</summary>
internal static class DnsCommand
{
    private const string Notes = """
        Examples:
          edgepool dns zone                                                 the records, to be included in the zone's file
          edgepool dns zone -f topology.yaml --zone contoso.example         the same from a file; no node is asked
          edgepool dns publish --dry-run                                    what would change at the zones' primary servers
          edgepool dns publish --key update.key
          edgepool dns check --resolver 9.9.9.9                             what partners see

        The records follow from the topology ('edgepool topology'): for each local domain _xmpp-server._tcp and, where a pool takes direct TLS, _xmpps-server._tcp, with
        each pool's priority and weight; A and AAAA of each pool's host; TLSA and CAA where the topology has them. They do not change when a pool fails: partners
        go on to the next one by themselves.

        Exit codes: 0, 1 there is no topology, or it is wrong, 2 usage, 66 no such file, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create(TimeProvider time) => new NotedCommand("dns", "The records that partners find us by: make, publish and check them, out of the topology.", Notes)
    {
        DnsZoneCommand.Create(Notes, time),
        DnsPublishCommand.Create(time),
        DnsCheckCommand.Create(time),
    };
}
