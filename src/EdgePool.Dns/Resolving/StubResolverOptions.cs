using System.Net;

namespace EdgePool.Dns.Resolving;

/// <summary>How a <see cref="StubResolver"/> asks. Each default carries its reason.</summary>
public sealed record StubResolverOptions
{
    /// <summary>The longest <see cref="TotalTimeout"/>.</summary>
    public static readonly TimeSpan LongestTotalTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The recursive resolvers, in order of preference; at most 8 are used.</summary>
    public IReadOnlyList<IPEndPoint> Servers { get; init; } = [];

    /// <summary>How long one server may take over one UDP question. 2 s: a recursive resolver answers a cold name in less.</summary>
    public TimeSpan TryTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often each server is asked. 2: one datagram may get lost.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>How long a question over TCP may take, with the connection.</summary>
    public TimeSpan TcpTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a question may take with all its tries, servers, aliases and its time in the queue; at most <see cref="LongestTotalTimeout"/>.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Questions that are on their way at once, each with one socket.</summary>
    public int MaxPending { get; init; } = 256;

    /// <summary>Questions that wait for a place among the pending; one more fails at once.</summary>
    public int MaxWaiting { get; init; } = 1024;

    /// <summary>CNAME records followed in a row.</summary>
    public int MaxAliases { get; init; } = 8;

    /// <summary>Datagrams that do not answer our question before it is asked over TCP: more than this is an attack (RFC 5452).</summary>
    public int MaxMismatches { get; init; } = 100;

    /// <summary>Octets of a datagram that we take (EDNS0). 1232 passes everywhere without fragments.</summary>
    public ushort UdpPayloadSize { get; init; } = 1232;

    /// <summary>Answers in the cache; the oldest leaves.</summary>
    public int MaxCacheEntries { get; init; } = 10_000;

    /// <summary>Octets of all messages that the cached answers came in; the oldest leaves.</summary>
    public int MaxCacheOctets { get; init; } = 16 << 20;

    /// <summary>The shortest time in the cache: a TTL of 0 must not turn each stanza into a query.</summary>
    public TimeSpan MinTimeToLive { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest time in the cache.</summary>
    public TimeSpan MaxTimeToLive { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The longest time in the cache of "no such name" and "no such record" (RFC 2308 section 5).</summary>
    public TimeSpan MaxNegativeTimeToLive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a failure is remembered (RFC 9520 section 3.2: at least 1 s, so that dead servers are not asked by each stanza).</summary>
    public TimeSpan FailureTimeToLive { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a server that did not answer is asked last.</summary>
    public TimeSpan ServerPenalty { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether the AD bit of the servers' answers is believed. Only for a validating resolver on a path that nobody can alter.</summary>
    public bool TrustAuthenticatedData { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Servers);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(TryTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(TcpTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(TotalTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(TotalTimeout, LongestTotalTimeout);
        ArgumentOutOfRangeException.ThrowIfLessThan(Attempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPending, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxWaiting);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxAliases);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxMismatches);
        ArgumentOutOfRangeException.ThrowIfLessThan(UdpPayloadSize, 512);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(UdpPayloadSize, UdpExchange.ReceiveLength);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxCacheEntries);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxCacheOctets);
    }
}
