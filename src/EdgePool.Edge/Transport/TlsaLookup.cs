using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Transport;

/// <summary>
/// Finds the TLSA records of a domain's S2S service: of one target before its certificate is seen (RFC 7673), or of all targets when a peer that claims the
/// domain has connected to us. Bounded in places, records and time; it never faults for what the DNS does.
/// </summary>
/// <param name="dns">Asks, and caches.</param>
/// <param name="validating">Whether the resolver validates DNSSEC and is to be believed; if not, nothing is asked for.</param>
/// <param name="limit">How long all of one lookup may take.</param>
/// <param name="time">For the limit.</param>
internal sealed class TlsaLookup(IDnsResolver dns, bool validating, TimeSpan limit, TimeProvider time)
{
    /// <summary>Targets of one domain that are asked about: those that come first in the order to try them.</summary>
    public const int MaxPlaces = 8;

    private readonly TlsaResolver resolver = new(dns);

    /// <summary>What there is for one target.</summary>
    public Task<TlsaFindings> FindAsync(DomainName domain, OutboundTarget target, CancellationToken cancellation)
        => FindAsync(domain, _ => Task.FromResult(new TargetPlan([target], Absent: false, string.Empty)), cancellation);

    /// <summary>What there is for a domain's targets.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="plan">Finds the targets.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public async Task<TlsaFindings> FindAsync(DomainName domain, Func<CancellationToken, Task<TargetPlan>> plan, CancellationToken cancellation)
    {
        if (!validating)
            return TlsaFindings.Insecure(domain);
        using var timer = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellation);
        try
        {
            var found = await plan(both.Token);
            if (found.Targets.Count == 0)
                return found.Absent ? TlsaFindings.Absent(domain) : TlsaFindings.Failed(domain, found.Failure);
            var places = found.Targets.DistinctBy(target => (target.Service.Host, target.Service.Port)).Take(MaxPlaces);
            return new TlsaFindings(domain, await Task.WhenAll(places.Select(target => AskAsync(target, both.Token))));
        }
        catch (OperationCanceledException)
        {
            return TlsaFindings.Failed(domain, cancellation.IsCancellationRequested ? DnsFailure.Stopped : DnsFailure.Timeout);
        }
    }

    private async Task<TlsaPlace> AskAsync(OutboundTarget target, CancellationToken cancellation)
    {
        var (host, port) = (target.Service.Host, target.Service.Port);
        TlsaAnswer answer = target switch
        {
            { Address: not null } => new TlsaAnswer.Absent(host), // an address has no name to stand below
            { Secure: false, Configured: false } => new TlsaAnswer.Insecure(host),
            _ => await resolver.ResolveAsync(host, port, cancellation),
        };
        return new TlsaPlace(DomainName.TryParse(host.ToString(), out var name) ? name : null, answer);
    }
}
