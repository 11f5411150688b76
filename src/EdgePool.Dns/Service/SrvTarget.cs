using System.Collections.Immutable;
using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;

namespace EdgePool.Dns.Service;

/// <summary>One place to try for a domain.</summary>
/// <param name="Host">The host whose addresses to connect to. Never the identity to check: that is the domain (RFC 6120 section 13.7.2.1).</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="DirectTls">TLS from the first byte (XEP-0368); else STARTTLS.</param>
/// <param name="Priority">The SRV record's priority; 0 without SRV.</param>
/// <param name="Weight">The SRV record's weight; 0 without SRV.</param>
public sealed record SrvTarget(DnsName Host, ushort Port, bool DirectTls, ushort Priority, ushort Weight)
{
    /// <summary>For logs: <c>xmpp.example.com:5269</c>, with <c>(direct TLS)</c>.</summary>
    public override string ToString()
        => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Host}:{Port}{(DirectTls ? " (direct TLS)" : string.Empty)}");
}

/// <summary>Why a domain has no place to try.</summary>
public enum ServiceAbsence
{
    /// <summary>The domain's SRV target is the root: it offers no such service, and its A and AAAA must not be tried (RFC 2782).</summary>
    DecidedlyAbsent,

    /// <summary>All targets have a port that the policy refuses.</summary>
    PortsRefused,

    /// <summary>The domain has neither SRV records nor addresses.</summary>
    NoAddress,

    /// <summary>The domain is not a DNS name: an address literal, or too long for the service's labels.</summary>
    NotADnsName,
}

/// <summary>Where to connect for a domain.</summary>
public abstract record ServicePlan
{
    private ServicePlan()
    {
    }

    /// <summary>Places in the order to try; never empty.</summary>
    /// <param name="Ordered">At most <see cref="XmppServiceOptions.MaxTargets"/>.</param>
    /// <param name="FromSrv">False: there are no SRV records, this is the domain itself on port 5269 (RFC 6120 section 3.2.2).</param>
    /// <param name="Authenticated">DNSSEC validated the SRV records, or that there are none, says a resolver that is trusted for it.</param>
    public sealed record Targets(ImmutableArray<SrvTarget> Ordered, bool FromSrv, bool Authenticated) : ServicePlan;

    /// <summary>There is no place, and asking again soon will not help.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Absent(ServiceAbsence Reason) : ServicePlan;

    /// <summary>The DNS did not say.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Failed(DnsFailure Reason) : ServicePlan;
}

/// <summary>What one address question for a target gave.</summary>
/// <param name="Type">A or AAAA.</param>
/// <param name="Outcome">What the DNS said.</param>
/// <param name="Failure">Why it said nothing.</param>
/// <param name="EndPoints">The addresses that the policy allows, with the target's port.</param>
/// <param name="Denied">The addresses that the policy denies.</param>
public sealed record AddressBatch(
    DnsType Type,
    DnsOutcome Outcome,
    DnsFailure Failure,
    ImmutableArray<IPEndPoint> EndPoints,
    ImmutableArray<IPAddress> Denied);

/// <summary>All addresses of a target.</summary>
/// <param name="EndPoints">What the policy allows, families in turn from IPv6 (RFC 8305 section 4); may be empty.</param>
/// <param name="Denied">What the policy denies.</param>
/// <param name="Failure">Why the DNS said nothing; None when at least one of both questions was answered.</param>
public sealed record TargetAddresses(ImmutableArray<IPEndPoint> EndPoints, ImmutableArray<IPAddress> Denied, DnsFailure Failure);
