using System.Collections.Immutable;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;

namespace EdgePool.Dns.Service;

/// <summary>What the DNS says of a target's certificate (RFC 7673 section 3.3). A closed set: who judges a certificate tells each case from the others.</summary>
public abstract record TlsaAnswer
{
    private TlsaAnswer()
    {
    }

    /// <summary>DNSSEC vouches for these records.</summary>
    /// <param name="Owner">Where they stand: <c>_port._tcp.host</c>.</param>
    /// <param name="Records">At least one, at most <see cref="TlsaResolver.MaxRecords"/>.</param>
    public sealed record Secure(DnsName Owner, ImmutableArray<TlsaRecord> Records) : TlsaAnswer
    {
        /// <inheritdoc/>
        public bool Equals(Secure? other) => other is not null && Owner.Equals(other.Owner) && Records.SequenceEqual(other.Records);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Owner, Records.Length);
    }

    /// <summary>There are none.</summary>
    /// <param name="Owner">Where they would stand.</param>
    public sealed record Absent(DnsName Owner) : TlsaAnswer
    {
        /// <summary>DNSSEC vouches for that: the zone is signed, and has no record there. Else nothing could be asked for, such as below an address.</summary>
        public bool Proven { get; init; }
    }

    /// <summary>DNSSEC does not vouch for what leads there: nothing that is found there counts.</summary>
    /// <param name="Name">The first name that is not signed, or that no trusted resolver validated.</param>
    public sealed record Insecure(DnsName Name) : TlsaAnswer;

    /// <summary>The DNS did not say; a validating resolver answers so, too, where signatures are false or expired.</summary>
    /// <param name="Name">The name that was asked for.</param>
    /// <param name="Reason">Why.</param>
    public sealed record Failed(DnsName Name, DnsFailure Reason) : TlsaAnswer;
}
