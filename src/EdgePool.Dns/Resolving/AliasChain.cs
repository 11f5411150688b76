using System.Collections.Immutable;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Resolving;

/// <summary>
/// Follows one question through CNAME records, within a message and over several (RFC 1034 section 3.6.2). Only records whose owner is on the
/// chain count: whatever else a message holds is not an answer to our question.
/// </summary>
internal sealed class AliasChain(DnsName name, DnsType type, int maxAliases)
{
    private readonly HashSet<DnsName> visited = [name];
    private TimeSpan timeToLive = TimeSpan.MaxValue;
    private bool authenticated = true;

    /// <summary>The name to ask for now.</summary>
    public DnsName Current { get; private set; } = name;

    /// <summary>Takes a message that answers for <see cref="Current"/>. Null: ask again, for the new <see cref="Current"/>.</summary>
    public DnsAnswer? Accept(DnsMessage message, bool trustAuthenticatedData)
    {
        authenticated &= trustAuthenticatedData && message.Flags.HasFlag(DnsFlags.AuthenticData);
        var asked = Current;
        while (true)
        {
            var records = RecordsAt(message, type);
            if (!records.IsEmpty)
            {
                return Found(records);
            }

            if (type == DnsType.CNAME || RecordsAt(message, DnsType.CNAME) is not [CnameRecord alias, ..])
            {
                break;
            }

            Shorten(alias.Ttl);
            Current = alias.Target;
            if (!visited.Add(Current))
            {
                return DnsAnswer.Failed(Current, DnsFailure.AliasLoop);
            }

            if (visited.Count - 1 > maxAliases)
            {
                return DnsAnswer.Failed(Current, DnsFailure.AliasChainTooLong);
            }
        }

        return NotFound(message, asked);
    }

    private ImmutableArray<DnsRecord> RecordsAt(DnsMessage message, DnsType wanted)
        => [.. message.Answers.Where(record => record.Type == wanted && record is not OpaqueRecord { Class: not DnsClass.IN } && record.Name.Equals(Current))];

    private DnsAnswer Found(ImmutableArray<DnsRecord> records)
    {
        foreach (var record in records)
        {
            Shorten(record.Ttl);
        }

        return new DnsAnswer
        {
            Outcome = DnsOutcome.Records,
            Records = records,
            CanonicalName = Current,
            Authenticated = authenticated,
            TimeToLive = timeToLive,
        };
    }

    // RFC 2308 section 2: NXDOMAIN speaks of the chain's last name. A chain that leaves the message without a word on its last name is asked on.
    private DnsAnswer? NotFound(DnsMessage message, DnsName asked)
    {
        var soa = message.Authorities.OfType<SoaRecord>().FirstOrDefault(record => Current.IsAtOrBelow(record.Name));
        if (message.ResponseCode != DnsResponseCode.NameError && soa is null && !Current.Equals(asked))
        {
            return null;
        }

        Shorten(soa is null ? 0 : Math.Min(soa.Ttl, soa.Minimum));
        return new DnsAnswer
        {
            Outcome = message.ResponseCode == DnsResponseCode.NameError ? DnsOutcome.NameError : DnsOutcome.NoData,
            CanonicalName = Current,
            Authenticated = authenticated,
            TimeToLive = timeToLive,
        };
    }

    private void Shorten(uint ttl)
    {
        var lifetime = TimeSpan.FromSeconds(ttl > int.MaxValue ? 0L : ttl);
        timeToLive = lifetime < timeToLive ? lifetime : timeToLive;
    }
}
