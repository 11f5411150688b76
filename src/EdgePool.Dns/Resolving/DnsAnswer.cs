using System.Collections.Immutable;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Resolving;

/// <summary>What a resolver found out.</summary>
public enum DnsOutcome
{
    /// <summary>There are records of the type.</summary>
    Records,

    /// <summary>NODATA: the name exists and has no record of the type (RFC 2308 section 2.2).</summary>
    NoData,

    /// <summary>NXDOMAIN: the name does not exist (RFC 2308 section 2.1).</summary>
    NameError,

    /// <summary>Nothing was found out; <see cref="DnsAnswer.Failure"/> says why.</summary>
    Failed,
}

/// <summary>Why a resolver found nothing out.</summary>
public enum DnsFailure
{
    /// <summary>It did not fail.</summary>
    None,

    /// <summary>No server answered in time.</summary>
    Timeout,

    /// <summary>No server could be reached: the host or the network refused.</summary>
    Unreachable,

    /// <summary>SERVFAIL or another error code.</summary>
    ServerFailure,

    /// <summary>REFUSED, or an answer that shows that the server does not resolve for us.</summary>
    Refused,

    /// <summary>An answer that is no DNS message (<see cref="DnsParseError"/>), or answers another question over TCP.</summary>
    Malformed,

    /// <summary>CNAME records in a circle.</summary>
    AliasLoop,

    /// <summary>More than <see cref="StubResolverOptions.MaxAliases"/> CNAME records in a row.</summary>
    AliasChainTooLong,

    /// <summary>Too many questions were waiting already.</summary>
    QueueFull,

    /// <summary>No server is configured.</summary>
    NoServer,

    /// <summary>The resolver was disposed of.</summary>
    Stopped,
}

/// <summary>A resolver's answer. Immutable, shared between all who asked the same.</summary>
public sealed record DnsAnswer
{
    /// <summary>What was found out.</summary>
    public required DnsOutcome Outcome { get; init; }

    /// <summary>Why nothing was found out.</summary>
    public DnsFailure Failure { get; init; }

    /// <summary>The records of the asked type, at <see cref="CanonicalName"/>; never empty with <see cref="DnsOutcome.Records"/>, else empty.</summary>
    public ImmutableArray<DnsRecord> Records { get; init; } = [];

    /// <summary>The name where the search ended: the asked one, or the end of its CNAME chain.</summary>
    public required DnsName CanonicalName { get; init; }

    /// <summary>Whether a server that the configuration trusts for it said that DNSSEC validated the answer (AD, RFC 6840 section 5.8).</summary>
    public bool Authenticated { get; init; }

    /// <summary>How long the answer holds from when it came, before the cache's floor and ceiling.</summary>
    public TimeSpan TimeToLive { get; init; }

    /// <summary>An answer without records.</summary>
    public static DnsAnswer Failed(DnsName name, DnsFailure failure)
        => new() { Outcome = DnsOutcome.Failed, Failure = failure, CanonicalName = name };
}

/// <summary>Asks the DNS.</summary>
public interface IDnsResolver
{
    /// <summary>
    /// Asks for the records of one type at one name. CNAME records are followed. The task ends within the resolver's limit of time
    /// and faults for nothing that a server did.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller gave up; the question goes on for others and for the cache.</exception>
    ValueTask<DnsAnswer> QueryAsync(DnsName name, DnsType type, CancellationToken cancellationToken);
}
