using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Updating;
using EdgePool.Dns.Zones;
using EdgePool.Edge.Advertising;

namespace EdgePool.Server.Advertising;

/// <summary>How it ended with a zone.</summary>
internal enum PublicationEnd
{
    /// <summary>No primary is known: the zone is edited by hand.</summary>
    ByHand,

    /// <summary>The records are as they shall be.</summary>
    AsItShould,

    /// <summary>There are changes, which were not asked for to be made.</summary>
    Planned,

    /// <summary>The changes were made.</summary>
    Made,

    /// <summary>Records of others stand in the place of ours; nothing was changed.</summary>
    Conflict,

    /// <summary>The primary refused the update; nothing was changed.</summary>
    Refused,

    /// <summary>The primary did not answer, or not usefully; where an update was sent, it may have been made.</summary>
    Unavailable,
}

/// <summary>How it ended with a zone.</summary>
/// <param name="End">The end.</param>
/// <param name="Primary">Whom it was about; null: nobody.</param>
/// <param name="Plan">What was to change; null: it was not found out.</param>
/// <param name="Problem">What is wrong and what to do, where something is.</param>
internal sealed record Publication(PublicationEnd End, IPEndPoint? Primary = null, UpdatePlan? Plan = null, string? Problem = null);

/// <summary>Brings the records of zones to their primary servers: reads what is there, plans what is to change, and has it changed (RFC 2136).</summary>
/// <param name="time">The clock.</param>
/// <param name="key">Signs; null: nothing is ever changed.</param>
/// <param name="takeOver">Records of others give way.</param>
internal sealed class ZonePublisher(TimeProvider time, TsigKey? key, bool takeOver)
{
    /// <summary>Publishes one zone.</summary>
    /// <param name="zone">The records that shall be; the zone is one of ours.</param>
    /// <param name="former">Those that we have ever named.</param>
    /// <param name="server">The primary in place of the topology's; null: that one.</param>
    /// <param name="send">False: it only looks.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<Publication> PublishAsync(ZoneRecords zone, IReadOnlyCollection<DnsRecord> former, IPEndPoint? server, bool send, CancellationToken cancellation)
    {
        var ours = zone.Zone ?? throw new ArgumentException("the records are in no zone of ours", nameof(zone));
        if ((server ?? ours.Primary) is not { } primary)
        {
            return new Publication(PublicationEnd.ByHand, Problem: $"edited by hand — include what 'edgepool dns zone --zone {ours.Name}' writes, or name its primary under dns: zones: of the topology");
        }

        var apex = DnsName.Parse(ours.Name.Ascii);
        await using var resolver = new StubResolver(new StubResolverOptions { Servers = [primary] }, time);
        if (await PrimaryProblemAsync(resolver, apex, primary, cancellation) is { } problem)
        {
            return new Publication(PublicationEnd.Unavailable, primary, Problem: problem);
        }

        var found = new List<FoundRecords>();
        foreach (var (name, type) in UpdatePlan.Asked(zone.Records, former))
        {
            if (await FoundAsync(resolver, name, type, cancellation) is not { } records)
            {
                return new Publication(PublicationEnd.Unavailable, primary, Problem: $"{primary} does not say what {name} {ZoneText.Type(type)} is — see its log");
            }

            found.Add(records);
        }

        return await ChangeAsync(apex, primary, UpdatePlan.Of(zone.Records, former, found, takeOver), send, cancellation);
    }

    private async Task<Publication> ChangeAsync(DnsName apex, IPEndPoint primary, UpdatePlan plan, bool send, CancellationToken cancellation)
    {
        if (plan.Conflicts.Count > 0)
        {
            return new Publication(PublicationEnd.Conflict, primary, plan, "nothing was changed, as records of others stand in the place of ours — remove them, or replace them with --take-over (an alias must be removed by hand)");
        }

        if (plan.Changes.Count == 0)
        {
            return new Publication(PublicationEnd.AsItShould, primary, plan);
        }

        if (key is null || !send)
        {
            return new Publication(PublicationEnd.Planned, primary, plan);
        }

        var outcome = await new UpdateClient(key, time).SendAsync(primary, new ZoneUpdate(apex, plan.Changes), cancellation);
        return outcome.End switch
        {
            UpdateEnd.Made => new Publication(PublicationEnd.Made, primary, plan),
            UpdateEnd.TimedOut or UpdateEnd.Unreachable or UpdateEnd.Malformed => new Publication(PublicationEnd.Unavailable, primary, plan, UpdateText.Of(outcome, primary)),
            _ => new Publication(PublicationEnd.Refused, primary, plan, UpdateText.Of(outcome, primary)),
        };
    }

    private static async Task<string?> PrimaryProblemAsync(StubResolver resolver, DnsName apex, IPEndPoint primary, CancellationToken cancellation)
    {
        var answer = await resolver.QueryAsync(apex, DnsType.SOA, cancellation);
        return answer.Outcome is DnsOutcome.Records && answer.CanonicalName.Equals(apex)
            ? null
            : $"{primary} {(answer.Outcome is DnsOutcome.Failed ? $"gives no answer ({answer.Failure})" : "does not have this zone")} — correct primary: of the zone in the topology, or let that server answer us";
    }

    /// <summary>What is there; null: the server does not say.</summary>
    private static async Task<FoundRecords?> FoundAsync(StubResolver resolver, DnsName name, DnsType type, CancellationToken cancellation)
    {
        var answer = await resolver.QueryAsync(name, type, cancellation);
        return answer.Outcome is DnsOutcome.Failed
            ? null
            : answer.CanonicalName.Equals(name)
                ? new FoundRecords(name, type, Alias: null, [.. answer.Records.Select(record => record with { Name = name })])
                : new FoundRecords(name, type, answer.CanonicalName.ToLowerCase(), []);
    }
}
