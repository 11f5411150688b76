using System.Collections.Frozen;
using System.Collections.Immutable;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Serving;

/// <summary>
/// One zone in memory, immutable: all names at or below its apex. No delegation and no wildcards. A name that only has names below it
/// exists and has no data (RFC 8020).
/// </summary>
public sealed class DnsZone
{
    private readonly FrozenDictionary<DnsName, ImmutableArray<DnsRecord>> records;

    /// <summary>A zone of these records; the SOA is added to them.</summary>
    /// <exception cref="ArgumentException">A record stands outside the zone, or a CNAME beside other records (RFC 1034 section 3.6.2).</exception>
    public DnsZone(SoaRecord soa, IEnumerable<DnsRecord> records)
    {
        ArgumentNullException.ThrowIfNull(soa);
        ArgumentNullException.ThrowIfNull(records);
        Soa = soa;
        var byName = new Dictionary<DnsName, List<DnsRecord>> { [soa.Name] = [soa] };
        foreach (var record in records)
        {
            if (!record.Name.IsAtOrBelow(soa.Name))
            {
                throw new ArgumentException($"{record.Name} is not in the zone {soa.Name}", nameof(records));
            }

            for (var name = record.Name; !name.Equals(soa.Name); name = name.Parent!)
            {
                byName.TryAdd(name, []);
            }

            byName[record.Name].Add(record);
        }

        if (byName.FirstOrDefault(pair => pair.Value.Count > 1 && pair.Value.Exists(record => record.Type == DnsType.CNAME)) is { Key: { } mixed })
        {
            throw new ArgumentException($"{mixed} has a CNAME beside other records", nameof(records));
        }

        this.records = byName.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.ToImmutableArray());
    }

    /// <summary>The apex.</summary>
    public DnsName Apex => Soa.Name;

    /// <summary>The start of authority.</summary>
    public SoaRecord Soa { get; }

    /// <summary>A zone with a SOA as small sites write it: a negative answer holds for a minute.</summary>
    public static DnsZone Create(string apex, params IEnumerable<DnsRecord> records)
    {
        var name = DnsName.Parse(apex);
        return new DnsZone(new SoaRecord(name, 3600, name, name, Serial: 1, Refresh: 3600, Retry: 600, Expire: 86400, Minimum: 60), records);
    }

    /// <summary>All records at a name; false when the name does not exist.</summary>
    internal bool TryGet(DnsName name, out ImmutableArray<DnsRecord> atName) => records.TryGetValue(name, out atName);
}

/// <summary>
/// Zones in memory. A question goes to the zone with the longest apex above its name. The set is swapped as a whole, so each answer comes
/// from one state.
/// </summary>
public sealed class DnsZones : IDnsAuthority
{
    private const int MaxAliases = 8;

    private ImmutableArray<DnsZone> zones;

    /// <summary>These zones.</summary>
    public DnsZones(params IEnumerable<DnsZone> zones) => Replace(zones);

    /// <summary>Answers from these zones from now on.</summary>
    public void Replace(params IEnumerable<DnsZone> newZones)
    {
        ArgumentNullException.ThrowIfNull(newZones);
        ImmutableInterlocked.InterlockedExchange(ref zones, [.. newZones.OrderByDescending(zone => zone.Apex.Wire.Length)]);
    }

    /// <inheritdoc/>
    public AuthorityAnswer Lookup(DnsName name, DnsType type)
    {
        ArgumentNullException.ThrowIfNull(name);
        var snapshot = zones;
        var answers = ImmutableArray.CreateBuilder<DnsRecord>();
        for (var current = name; ;)
        {
            var zone = snapshot.FirstOrDefault(candidate => current.IsAtOrBelow(candidate.Apex));
            if (zone is null)
            {
                // A chain that leaves our zones is for the asker to follow.
                var outcome = answers.Count == 0 ? AuthorityOutcome.NotOurs : AuthorityOutcome.Records;
                return new AuthorityAnswer(outcome, answers.ToImmutable(), null);
            }

            if (!zone.TryGet(current, out var atName))
            {
                return new AuthorityAnswer(AuthorityOutcome.NameError, answers.ToImmutable(), zone.Soa);
            }

            var wanted = atName.Where(record => record.Type == type).ToList();
            if (wanted.Count == 0 && atName is [CnameRecord alias] && answers.Count < MaxAliases)
            {
                answers.Add(alias);
                current = alias.Target;
                continue;
            }

            answers.AddRange(wanted);
            return wanted.Count == 0
                ? new AuthorityAnswer(AuthorityOutcome.NoData, answers.ToImmutable(), zone.Soa)
                : new AuthorityAnswer(AuthorityOutcome.Records, answers.ToImmutable(), zone.Soa);
        }
    }
}
