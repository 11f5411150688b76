using System.Globalization;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Zones;

namespace EdgePool.Edge.Advertising;

/// <summary>What one name server says.</summary>
/// <param name="Server">Its address, and what it is, for people.</param>
/// <param name="Answers">Its answers, by name and type.</param>
public sealed record ServerView(string Server, IReadOnlyDictionary<(DnsName Name, DnsType Type), DnsAnswer> Answers);

/// <summary>What can be wrong with the records that partners see. A closed set.</summary>
public enum RecordFault
{
    /// <summary>The server gives no answer.</summary>
    Unanswered,

    /// <summary>A record of the topology is not there.</summary>
    Missing,

    /// <summary>The SRV record to a host has another port.</summary>
    WrongPort,

    /// <summary>The SRV record to a host has another priority or weight.</summary>
    WrongPriority,

    /// <summary>A record is there that the topology does not name.</summary>
    Surplus,

    /// <summary>A host that SRV records lead to is an alias (RFC 2782 forbids it).</summary>
    Alias,

    /// <summary>A host that SRV records lead to has no address.</summary>
    DanglingHost,

    /// <summary>Resolvers may keep the records for longer than the topology promises.</summary>
    LongLived,

    /// <summary>Servers say different things.</summary>
    SplitView,
}

/// <summary>Something that partners see otherwise than the topology says.</summary>
/// <param name="Fault">What.</param>
/// <param name="Server">Which server says so; empty: several.</param>
/// <param name="Name">The name.</param>
/// <param name="Type">The type.</param>
/// <param name="What">What is wrong, in words.</param>
/// <param name="Remedy">What to do.</param>
public sealed record RecordFinding(RecordFault Fault, string Server, DnsName Name, DnsType Type, string What, string Remedy);

/// <summary>Compares what name servers say with the records of a topology. Pure.</summary>
public static class RecordCheck
{
    private const string Publish = "'edgepool dns publish', or include what 'edgepool dns zone' writes";

    /// <summary>What is to be asked for first: all that is wanted, the other service of each domain, and both kinds of address of each host.</summary>
    public static IReadOnlyList<(DnsName Name, DnsType Type)> Asked(IReadOnlyCollection<DnsRecord> wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var services = wanted.OfType<SrvRecord>().SelectMany(srv => Services(srv.Name));
        var hosts = wanted.OfType<AddressRecord>().SelectMany(address => Addresses(address.Name));
        return [.. wanted.Select(record => (record.Name, record.Type)).Concat(services).Concat(hosts).Distinct()];
    }

    /// <summary>What is to be asked for then: the hosts that answers lead to, and that were not asked for yet.</summary>
    public static IReadOnlyList<(DnsName Name, DnsType Type)> AskedNext(ServerView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return [.. Targets(view).SelectMany(Addresses).Where(question => !view.Answers.ContainsKey(question))];
    }

    /// <summary>Everything that is wrong, server by server, then between servers.</summary>
    /// <param name="wanted">The records of the topology.</param>
    /// <param name="views">What each server says.</param>
    public static IReadOnlyList<RecordFinding> Findings(IReadOnlyCollection<DnsRecord> wanted, IReadOnlyList<ServerView> views)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(views);
        var sets = wanted.ToLookup(record => (record.Name, record.Type));
        return [.. views.SelectMany(view => OfServer(sets, view)), .. Between(views)];
    }

    private static IEnumerable<RecordFinding> OfServer(ILookup<(DnsName Name, DnsType Type), DnsRecord> wanted, ServerView view)
    {
        if (view.Answers.Count > 0 && view.Answers.Values.All(answer => answer.Outcome is DnsOutcome.Failed))
        {
            var (question, answer) = view.Answers.First();
            yield return new RecordFinding(RecordFault.Unanswered, view.Server, question.Name, question.Type, $"it gives no answer at all ({answer.Failure})", "see that it runs, and that it may be asked from here");
            yield break;
        }

        foreach (var (question, answer) in view.Answers)
        {
            foreach (var finding in OfSet([.. wanted[question]], question, answer, view))
            {
                yield return finding;
            }
        }

        foreach (var target in Targets(view))
        {
            if (Dangles(view, target))
            {
                yield return new RecordFinding(RecordFault.DanglingHost, view.Server, target, DnsType.A, "SRV records lead to it, and it has no address", $"give it one, or take the SRV records away: {Publish}");
            }
        }
    }

    private static IEnumerable<RecordFinding> OfSet(IReadOnlyList<DnsRecord> want, (DnsName Name, DnsType Type) question, DnsAnswer answer, ServerView view)
    {
        RecordFinding Finding(RecordFault fault, string what, string remedy) => new(fault, view.Server, question.Name, question.Type, what, remedy);
        if (answer.Outcome is DnsOutcome.Failed)
        {
            yield return Finding(RecordFault.Unanswered, $"it gives no answer ({answer.Failure})", "see the server's log");
            yield break;
        }

        if (question.Type is DnsType.A or DnsType.AAAA && !answer.CanonicalName.Equals(question.Name))
        {
            yield return Finding(RecordFault.Alias, $"it is an alias of {answer.CanonicalName.ToLowerCase()}", "give it addresses of its own: partners need not follow an alias here (RFC 2782)");
            yield break;
        }

        var rest = answer.Records.ToList();
        foreach (var record in want)
        {
            if (Match(record, rest) is not { } found)
            {
                yield return Finding(RecordFault.Missing, $"{ZoneText.Data(record)} is missing", Publish);
                continue;
            }

            rest.Remove(found);
            foreach (var finding in Differences(record, found, Finding))
            {
                yield return finding;
            }
        }

        // Of authorities, others may name more than we do.
        foreach (var record in rest.Where(_ => question.Type is not DnsType.CAA))
        {
            yield return Finding(RecordFault.Surplus, $"{ZoneText.Data(record)} is there, and the topology does not name it", "take it away, unless partners are to go there");
        }
    }

    /// <summary>The record as wanted; of SRV records, else the one to the same host.</summary>
    private static DnsRecord? Match(DnsRecord wanted, List<DnsRecord> found)
        => found.Find(record => Same(record, wanted)) ?? (wanted is SrvRecord srv ? found.Find(record => record is SrvRecord other && other.Target.Equals(srv.Target)) : null);

    private static IEnumerable<RecordFinding> Differences(DnsRecord wanted, DnsRecord found, Func<RecordFault, string, string, RecordFinding> finding)
    {
        if (wanted is SrvRecord want && found is SrvRecord have)
        {
            if (have.Port != want.Port)
            {
                yield return finding(RecordFault.WrongPort, Of($"port {have.Port} at {have.Target}, where the topology says {want.Port}"), Publish);
            }

            if ((have.Priority, have.Weight) != (want.Priority, want.Weight))
            {
                yield return finding(
                    RecordFault.WrongPriority, Of($"priority {have.Priority} and weight {have.Weight} of {have.Target}, where the topology says {want.Priority} and {want.Weight}"), Publish);
            }
        }

        if (found.Ttl > wanted.Ttl)
        {
            yield return finding(RecordFault.LongLived, Of($"{ZoneText.Data(found)} may be kept for {found.Ttl} s, where the topology promises {wanted.Ttl} s"), Publish);
        }
    }

    /// <summary>Servers that say different things; each difference once.</summary>
    private static IEnumerable<RecordFinding> Between(IReadOnlyList<ServerView> views)
    {
        foreach (var question in views.SelectMany(view => view.Answers.Keys).Distinct())
        {
            var said = views
                .Where(view => view.Answers.TryGetValue(question, out var answer) && answer.Outcome is not DnsOutcome.Failed)
                .GroupBy(view => Text(view.Answers[question]), StringComparer.OrdinalIgnoreCase).ToList();
            if (said.Count > 1)
            {
                var words = said.Select(group => $"{string.Join(" and ", group.Select(view => view.Server))}: {group.Key}");
                yield return new RecordFinding(
                    RecordFault.SplitView, "", question.Name, question.Type, string.Join("; ", words), "right after a change this lasts as long as records are kept; else partners see another answer than you: bring the servers together");
            }
        }
    }

    private static bool Dangles(ServerView view, DnsName target)
        => Addresses(target).All(question => view.Answers.TryGetValue(question, out var answer) && answer.Outcome is DnsOutcome.NoData or DnsOutcome.NameError);

    private static IEnumerable<DnsName> Targets(ServerView view)
        => view.Answers.Values.SelectMany(answer => answer.Records).OfType<SrvRecord>().Select(srv => srv.Target).Where(target => !target.IsRoot).Distinct();

    private static IEnumerable<(DnsName Name, DnsType Type)> Addresses(DnsName host) => [(host, DnsType.A), (host, DnsType.AAAA)];

    /// <summary>Both services of the domain that one of them is of.</summary>
    private static IEnumerable<(DnsName Name, DnsType Type)> Services(DnsName service)
    {
        var domain = service.Parent!.Parent!;
        foreach (var labels in (string[])[TopologyRecords.StartTls, TopologyRecords.DirectTls])
        {
            if (domain.TryPrepend(labels, out var name))
            {
                yield return (name, DnsType.SRV);
            }
        }
    }

    private static bool Same(DnsRecord left, DnsRecord right) => string.Equals(ZoneText.Data(left), ZoneText.Data(right), StringComparison.OrdinalIgnoreCase);

    private static string Text(DnsAnswer answer)
        => answer.Records.IsEmpty ? "nothing" : string.Join(", ", answer.Records.Select(ZoneText.Data).Order(StringComparer.Ordinal));

    private static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
