using System.Collections.Immutable;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Updating;

/// <summary>The records of one name and type, before and after.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">The type.</param>
/// <param name="Before">What was read; empty: nothing is there.</param>
/// <param name="After">What shall be; empty: nothing.</param>
public sealed record RecordSetChange(DnsName Name, DnsType Type, IReadOnlyList<DnsRecord> Before, IReadOnlyList<DnsRecord> After);

/// <summary>
/// Changes of one zone that are made all together or not at all (RFC 2136). Each holds only while the records are those that were read: what somebody else
/// changed in between is never written over.
/// </summary>
/// <param name="Zone">The zone's apex.</param>
/// <param name="Changes">The changes; no name and type twice.</param>
public sealed record ZoneUpdate(DnsName Zone, IReadOnlyList<RecordSetChange> Changes)
{
    private const byte UpdateOpcode = 5;

    /// <summary>
    /// The message: the zone where the question is, what must be there where answers are, the changes where authorities are. A set of records is taken away whole, then
    /// written anew, so that lifetimes change with it.
    /// </summary>
    /// <param name="id">Pairs the answer with it.</param>
    public DnsMessage ToMessage(ushort id) => new()
    {
        Id = id,
        Opcode = UpdateOpcode,
        Questions = [new DnsQuestion(Zone, DnsType.SOA)],
        Answers = [.. Changes.SelectMany(Prerequisites)],
        Authorities = [.. Changes.SelectMany(Updates)],
    };

    // RFC 2136 section 2.4.2: the records as they are, with a lifetime of 0; section 2.4.3: class NONE, none of the type.
    private static IEnumerable<DnsRecord> Prerequisites(RecordSetChange change)
        => change.Before.Count == 0 ? [Marker(change, DnsClass.Absent)] : change.Before.Select(record => record with { Ttl = 0 });

    // RFC 2136 section 2.5.2: class ANY, all of the type; section 2.5.1: records to add.
    private static IEnumerable<DnsRecord> Updates(RecordSetChange change)
        => (change.Before.Count == 0 ? [] : ImmutableArray.Create<DnsRecord>(Marker(change, DnsClass.Any))).Concat(change.After);

    private static OpaqueRecord Marker(RecordSetChange change, DnsClass dnsClass) => new(change.Name, change.Type, dnsClass, Ttl: 0, ReadOnlyMemory<byte>.Empty);
}
