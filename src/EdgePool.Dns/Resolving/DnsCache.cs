using System.Diagnostics.CodeAnalysis;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Resolving;

/// <summary>
/// Answers by question until their time is over (RFC 1035 section 7.4, RFC 2308 section 5). Bounded by entries and by octets; what came in
/// first leaves first. Not safe for use from several threads: its owner holds a lock.
/// </summary>
internal sealed class DnsCache(StubResolverOptions options, TimeProvider time)
{
    private readonly Dictionary<(DnsName Name, DnsType Type), LinkedListNode<Entry>> entries = [];
    private readonly LinkedList<Entry> byAge = [];

    public int Count => entries.Count;

    /// <summary>Octets of the messages of all entries.</summary>
    public long Octets { get; private set; }

    public bool TryGet(DnsName name, DnsType type, [NotNullWhen(true)] out DnsAnswer? answer)
    {
        answer = null;
        if (!entries.TryGetValue((name, type), out var node))
        {
            return false;
        }

        if (time.GetTimestamp() >= node.Value.ExpiresAt)
        {
            Remove(node);
            return false;
        }

        answer = node.Value.Answer;
        return true;
    }

    /// <param name="name">The asked name.</param>
    /// <param name="type">The asked type.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="octets">Octets of the message that it came in.</param>
    public void Set(DnsName name, DnsType type, DnsAnswer answer, int octets)
    {
        if (entries.TryGetValue((name, type), out var old))
        {
            Remove(old);
        }

        if (options.MaxCacheEntries == 0 || octets > options.MaxCacheOctets)
        {
            return;
        }

        var lifetime = TimeInCache(answer);
        var expiresAt = time.GetTimestamp() + (long)(lifetime.TotalSeconds * time.TimestampFrequency);
        entries[(name, type)] = byAge.AddLast(new Entry(name, type, answer, octets, expiresAt));
        Octets += octets;
        while (entries.Count > options.MaxCacheEntries || Octets > options.MaxCacheOctets)
        {
            Remove(byAge.First!);
        }
    }

    internal TimeSpan TimeInCache(DnsAnswer answer)
    {
        if (answer.Outcome == DnsOutcome.Failed)
        {
            return options.FailureTimeToLive;
        }

        var ceiling = answer.Outcome == DnsOutcome.Records ? options.MaxTimeToLive : options.MaxNegativeTimeToLive;
        var lifetime = answer.TimeToLive < options.MinTimeToLive ? options.MinTimeToLive : answer.TimeToLive;
        return lifetime > ceiling ? ceiling : lifetime;
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        entries.Remove((node.Value.Name, node.Value.Type));
        byAge.Remove(node);
        Octets -= node.Value.Octets;
    }

    private sealed record Entry(DnsName Name, DnsType Type, DnsAnswer Answer, int Octets, long ExpiresAt);
}
