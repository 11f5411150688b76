using System.Globalization;
using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Updating;
using EdgePool.Dns.Zones;
using EdgePool.Edge.Advertising;

namespace EdgePool.Server.Cli.Dns;

/// <summary>Publishes one zone after the other: reads what is there, tells what is to change, and changes it.</summary>
/// <param name="time">The clock.</param>
/// <param name="output">For what changes.</param>
/// <param name="error">For what stands in the way.</param>
/// <param name="key">Signs; null: nothing is to be changed.</param>
/// <param name="takeOver">Records of others give way.</param>
internal sealed class ZonePublisher(TimeProvider time, TextWriter output, TextWriter error, TsigKey? key, bool takeOver)
{
    /// <summary>Publishes; gives the exit code.</summary>
    /// <param name="zone">The records that shall be.</param>
    /// <param name="former">Those that we have ever named.</param>
    /// <param name="server">The primary in place of the topology's; null: that one.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<int> PublishAsync(ZoneRecords zone, IReadOnlyCollection<DnsRecord> former, IPEndPoint? server, CancellationToken cancellation)
    {
        if (zone.Zone is not { } ours)
        {
            error.WriteLine($"edgepool: {string.Join(", ", zone.Records.Select(record => record.Name).Distinct())}: in no zone of the topology — see that whoever has the zone has these records ('edgepool dns zone')");
            return ExitCode.Success;
        }

        if ((server ?? ours.Primary) is not { } primary)
        {
            error.WriteLine($"edgepool: {ours.Name}: edited by hand — include what 'edgepool dns zone --zone {ours.Name}' writes, or name its primary under dns: zones: of the topology");
            return ExitCode.Success;
        }

        var apex = DnsName.Parse(ours.Name.Ascii);
        await using var resolver = new StubResolver(new StubResolverOptions { Servers = [primary] }, time);
        if (!await IsPrimaryAsync(resolver, apex, primary, cancellation))
        {
            return ExitCode.Unavailable;
        }

        var found = new List<FoundRecords>();
        foreach (var (name, type) in UpdatePlan.Asked(zone.Records, former))
        {
            if (await FoundAsync(resolver, name, type, cancellation) is not { } records)
            {
                error.WriteLine($"edgepool: {ours.Name}: {primary} does not say what {name} {ZoneText.Type(type)} is — see its log");
                return ExitCode.Unavailable;
            }

            found.Add(records);
        }

        return await ChangeAsync(apex, primary, UpdatePlan.Of(zone.Records, former, found, takeOver), cancellation);
    }

    private async Task<int> ChangeAsync(DnsName apex, IPEndPoint primary, UpdatePlan plan, CancellationToken cancellation)
    {
        output.WriteLine($"{apex} at {primary}");
        Show(plan);
        if (plan.Conflicts.Count > 0)
        {
            error.WriteLine($"edgepool: {apex}: nothing was changed, as records of others stand in the place of ours — remove them, or replace them with --take-over (an alias must be removed by hand)");
            return ExitCode.Failed;
        }

        if (plan.Changes.Count == 0)
        {
            output.WriteLine("  it is as the topology says");
            return ExitCode.Success;
        }

        if (key is null)
        {
            output.WriteLine("  nothing was changed");
            return ExitCode.Success;
        }

        var outcome = await new UpdateClient(key, time).SendAsync(primary, new ZoneUpdate(apex, plan.Changes), cancellation);
        if (outcome.End is UpdateEnd.Made)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  made: {plan.Changes.Count} sets of records changed"));
            return ExitCode.Success;
        }

        error.WriteLine($"edgepool: {apex}: {UpdateText.Of(outcome, primary)}");
        return outcome.End is UpdateEnd.TimedOut or UpdateEnd.Unreachable or UpdateEnd.Malformed ? ExitCode.Unavailable : ExitCode.Failed;
    }

    private void Show(UpdatePlan plan)
    {
        foreach (var change in plan.Changes)
        {
            var (before, after) = (change.Before.Select(ZoneText.Of).ToList(), change.After.Select(ZoneText.Of).ToList());
            foreach (var line in before.Except(after, StringComparer.OrdinalIgnoreCase).Select(line => "- " + line)
                .Concat(after.Except(before, StringComparer.OrdinalIgnoreCase).Select(line => "+ " + line)))
            {
                output.WriteLine("  " + line);
            }
        }

        foreach (var conflict in plan.Conflicts)
        {
            if (conflict.Found.Alias is { } target)
            {
                output.WriteLine($"  ! {conflict.Found.Name} is an alias of {target}: it can have no other records, and no SRV record may lead to it (RFC 2782)");
            }

            foreach (var record in conflict.Foreign)
            {
                output.WriteLine($"  ! {ZoneText.Of(record)}: no version of the topology has named it");
            }
        }
    }

    private async Task<bool> IsPrimaryAsync(StubResolver resolver, DnsName apex, IPEndPoint primary, CancellationToken cancellation)
    {
        var answer = await resolver.QueryAsync(apex, DnsType.SOA, cancellation);
        if (answer.Outcome is DnsOutcome.Records && answer.CanonicalName.Equals(apex))
        {
            return true;
        }

        error.WriteLine($"edgepool: {apex}: {primary} {(answer.Outcome is DnsOutcome.Failed ? $"gives no answer ({answer.Failure})" : "does not have this zone")} — correct primary: of the zone in the topology, or let that server answer us");
        return false;
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
