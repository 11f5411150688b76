using System.Globalization;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;

namespace EdgePool.Dns.Service;

/// <summary>
/// Finds the TLSA records of one place to connect to. What leads there has to be validated first: the caller knows of the SRV record, the addresses
/// are asked for here (RFC 7673 section 3.2), and TLSA records are asked for only below a name whose addresses are secure: name servers of zones that are
/// not signed often fail such questions (RFC 7672 section 2.1.2).
/// </summary>
/// <param name="resolver">Asks the DNS, and caches; its <see cref="DnsAnswer.Authenticated"/> is what counts.</param>
public sealed class TlsaResolver(IDnsResolver resolver)
{
    /// <summary>Records of one place that are looked at; what comes after them in the answer is left out.</summary>
    public const int MaxRecords = 32;

    /// <summary>The records of a host and port; never throws for what a server did.</summary>
    /// <param name="host">The SRV record's target, or the host that the configuration names.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    public async ValueTask<TlsaAnswer> ResolveAsync(DnsName host, ushort port, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        var addresses = await Task.WhenAll(
            resolver.QueryAsync(host, DnsType.AAAA, cancellationToken).AsTask(),
            resolver.QueryAsync(host, DnsType.A, cancellationToken).AsTask());
        if (Array.Find(addresses, answer => answer.Outcome == DnsOutcome.Failed) is { } failed)
        {
            return new TlsaAnswer.Failed(host, failed.Failure);
        }

        if (!Array.TrueForAll(addresses, answer => answer.Authenticated))
        {
            return new TlsaAnswer.Insecure(host);
        }

        // RFC 7671 section 7: at the end of a secure chain of aliases first, then at the name that we were sent to.
        var end = addresses[0].CanonicalName;
        var atEnd = end.Equals(host) ? null : await AskAsync(end, port, cancellationToken);
        return atEnd is null or TlsaAnswer.Absent ? await AskAsync(host, port, cancellationToken) : atEnd;
    }

    private async Task<TlsaAnswer> AskAsync(DnsName host, ushort port, CancellationToken cancellationToken)
    {
        if (!host.TryPrepend(string.Create(CultureInfo.InvariantCulture, $"_{port}._tcp"), out var owner))
        {
            return new TlsaAnswer.Absent(host);
        }

        var answer = await resolver.QueryAsync(owner, DnsType.TLSA, cancellationToken);
        return answer switch
        {
            { Outcome: DnsOutcome.Failed } => new TlsaAnswer.Failed(owner, answer.Failure),
            { Authenticated: false } => new TlsaAnswer.Insecure(owner),
            { Outcome: DnsOutcome.Records } => new TlsaAnswer.Secure(owner, [.. answer.Records.OfType<TlsaRecord>().Take(MaxRecords)]),
            _ => new TlsaAnswer.Absent(owner) { Proven = true },
        };
    }
}
