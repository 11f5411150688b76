using EdgePool.Dns.Messages;
using EdgePool.Dns.Zones;

namespace EdgePool.Dns.Updating;

/// <summary>What a name has of a type at this moment.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">The type.</param>
/// <param name="Alias">The name is an alias of this one; null: it is none.</param>
/// <param name="Records">The records; empty: none.</param>
public sealed record FoundRecords(DnsName Name, DnsType Type, DnsName? Alias, IReadOnlyList<DnsRecord> Records);

/// <summary>A set of records that must not be touched.</summary>
/// <param name="Found">As it is.</param>
/// <param name="Foreign">Those of its records that we never wrote; empty: the name is an alias.</param>
public sealed record ForeignRecords(FoundRecords Found, IReadOnlyList<DnsRecord> Foreign);

/// <summary>What an update has to change, and what stands in its way. Pure.</summary>
/// <param name="Changes">The changes.</param>
/// <param name="Conflicts">Records of others where ours should be.</param>
public sealed record UpdatePlan(IReadOnlyList<RecordSetChange> Changes, IReadOnlyList<ForeignRecords> Conflicts)
{
    /// <summary>The names and types that are to be looked up before a plan is made.</summary>
    /// <param name="wanted">What shall be.</param>
    /// <param name="formerly">What we have written at any time.</param>
    public static IReadOnlyList<(DnsName Name, DnsType Type)> Asked(IEnumerable<DnsRecord> wanted, IEnumerable<DnsRecord> formerly)
        => [.. wanted.Concat(formerly).Select(record => (record.Name, record.Type)).Distinct()];

    /// <summary>Plans.</summary>
    /// <param name="wanted">What shall be.</param>
    /// <param name="formerly">What we have written at any time: what is left of it goes.</param>
    /// <param name="found">What is there.</param>
    /// <param name="takeOver">Records of others give way where ours should be.</param>
    public static UpdatePlan Of(IReadOnlyCollection<DnsRecord> wanted, IReadOnlyCollection<DnsRecord> formerly, IEnumerable<FoundRecords> found, bool takeOver)
    {
        var (changes, conflicts) = (new List<RecordSetChange>(), new List<ForeignRecords>());
        var wantedBy = wanted.ToLookup(record => (record.Name, record.Type));
        var ours = wanted.Concat(formerly).Select(Key).ToHashSet();
        foreach (var set in found)
        {
            var want = wantedBy[(set.Name, set.Type)].ToList();
            var foreign = set.Records.Where(record => !ours.Contains(Key(record))).ToList();
            if (set.Alias is not null)
            {
                if (want.Count > 0)
                {
                    conflicts.Add(new ForeignRecords(set, []));
                }

                continue;
            }

            // Authorities are a list that others add to; and what we no longer want goes, but not what others put beside it.
            var shared = set.Type is DnsType.CAA || want.Count == 0;
            if (foreign.Count > 0 && !shared && !takeOver)
            {
                conflicts.Add(new ForeignRecords(set, foreign));
                continue;
            }

            var after = shared ? [.. want, .. foreign.Select(record => want.Count == 0 ? record : record with { Ttl = want[0].Ttl })] : want;
            if (!Same(set.Records, after))
            {
                changes.Add(new RecordSetChange(set.Name, set.Type, set.Records, after));
            }
        }

        return new UpdatePlan(changes, conflicts);
    }

    private static bool Same(IReadOnlyCollection<DnsRecord> left, IReadOnlyCollection<DnsRecord> right)
        => left.Select(record => (Key(record), record.Ttl)).ToHashSet().SetEquals(right.Select(record => (Key(record), record.Ttl)));

    /// <summary>What makes two records the same, whatever their lifetime.</summary>
    private static (DnsName Name, DnsType Type, string Data) Key(DnsRecord record) => (record.Name, record.Type, ZoneText.Data(record).ToUpperInvariant());
}
