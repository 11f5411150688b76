using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Edge.Advertising;

namespace EdgePool.Server.Advertising;

/// <summary>Asks name servers for all that partners may see of a zone.</summary>
/// <param name="resolvers">Resolvers, which are asked in each zone.</param>
/// <param name="time">The clock.</param>
internal sealed class DnsSurveyor(IReadOnlyList<IPEndPoint> resolvers, TimeProvider time)
{
    /// <summary>As many servers as a careful zone has, and some.</summary>
    private const int MostServers = 16;

    private const int DomainPort = 53;

    /// <summary>What each server says.</summary>
    /// <param name="zone">The records of the topology.</param>
    /// <param name="authorities">The zone's own servers; empty: they are found.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<ServerView>> SurveyAsync(ZoneRecords zone, IReadOnlyList<IPEndPoint> authorities, CancellationToken cancellation)
    {
        var own = zone.Zone is null ? [] : authorities.Count > 0 ? authorities : await AuthoritiesAsync(zone.Zone, cancellation);
        var servers = own.Select(server => (Server: server, Kind: "authoritative")).Concat(resolvers.Except(own).Select(server => (Server: server, Kind: "resolver")));
        return await Task.WhenAll(servers.Take(MostServers).Select(server => ViewAsync(server.Server, $"{server.Server} ({server.Kind})", zone.Records, cancellation)));
    }

    private async Task<ServerView> ViewAsync(IPEndPoint server, string shown, IReadOnlyCollection<DnsRecord> wanted, CancellationToken cancellation)
    {
        await using var resolver = new StubResolver(new StubResolverOptions { Servers = [server] }, time);
        var answers = new Dictionary<(DnsName Name, DnsType Type), DnsAnswer>();
        var view = new ServerView(shown, answers);
        foreach (var question in RecordCheck.Asked(wanted))
        {
            answers[question] = await resolver.QueryAsync(question.Name, question.Type, cancellation);
            if (answers[question].Failure is DnsFailure.Timeout or DnsFailure.Unreachable && answers.Count == 1)
            {
                return view; // Whoever is not there is not asked for the rest.
            }
        }

        foreach (var question in RecordCheck.AskedNext(view))
        {
            answers[question] = await resolver.QueryAsync(question.Name, question.Type, cancellation);
        }

        return view;
    }

    /// <summary>The zone's primary, and the servers that its NS records name, as far as the resolvers know them.</summary>
    private async Task<IReadOnlyList<IPEndPoint>> AuthoritiesAsync(Policy.Topologies.HostedZone zone, CancellationToken cancellation)
    {
        await using var resolver = new StubResolver(new StubResolverOptions { Servers = resolvers }, time);
        var servers = new List<IPEndPoint>(zone.Primary is { } primary ? [primary] : []);
        var names = await resolver.QueryAsync(DnsName.Parse(zone.Name.Ascii), DnsType.NS, cancellation);
        foreach (var name in names.Records.OfType<NsRecord>().Take(MostServers))
        {
            foreach (var type in (DnsType[])[DnsType.A, DnsType.AAAA])
            {
                var addresses = await resolver.QueryAsync(name.Server, type, cancellation);
                servers.AddRange(addresses.Records.OfType<AddressRecord>().Select(address => new IPEndPoint(address.Address, DomainPort)));
            }
        }

        return [.. servers.Distinct()];
    }
}
