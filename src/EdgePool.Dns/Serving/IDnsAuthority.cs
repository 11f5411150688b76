using System.Collections.Immutable;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Serving;

/// <summary>What an authority knows of a question.</summary>
public enum AuthorityOutcome
{
    /// <summary>The name is in no zone of ours: REFUSED.</summary>
    NotOurs,

    /// <summary>Records.</summary>
    Records,

    /// <summary>The name exists without a record of the type.</summary>
    NoData,

    /// <summary>The name does not exist.</summary>
    NameError,

    /// <summary>What there is cannot be told: SERVFAIL.</summary>
    Failed,
}

/// <summary>An authority's answer.</summary>
/// <param name="Outcome">What is known, of the end of a CNAME chain.</param>
/// <param name="Answers">The CNAME chain and the records.</param>
/// <param name="Soa">The zone's SOA, for negative answers (RFC 2308 section 3).</param>
public sealed record AuthorityAnswer(AuthorityOutcome Outcome, ImmutableArray<DnsRecord> Answers, SoaRecord? Soa)
{
    /// <summary>DNSSEC has validated it: askers who want to know (RFC 6840 section 5.7) are told by AD. An authority for its own zones never says so.</summary>
    public bool Authenticated { get; init; }
}

/// <summary>Answers from data at hand. Called from several threads, without I/O.</summary>
public interface IDnsAuthority
{
    /// <summary>What is known of a question of class IN.</summary>
    AuthorityAnswer Lookup(DnsName name, DnsType type);
}
