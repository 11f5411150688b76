using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;

namespace EdgePool.Dns.Service;

/// <summary>
/// Finds the S2S service of a domain (RFC 6120 section 3.2): <c>_xmpp-server._tcp</c> and <c>_xmpps-server._tcp</c> as one set of SRV records
/// (XEP-0368 section 2), or without any the domain itself on port 5269.
/// <para>
/// A question that failed is a failure of the whole unless the other one gave targets. It never leads to the domain's own addresses: a resolver
/// that cannot validate, or a path that drops SRV, must not move the service.
/// </para>
/// </summary>
public sealed class XmppServiceResolver
{
    private const string StartTlsLabels = "_xmpp-server._tcp";
    private const string DirectTlsLabels = "_xmpps-server._tcp";

    private readonly IDnsResolver resolver;
    private readonly TimeProvider time;
    private readonly IRandomSource random;
    private readonly XmppServiceOptions options;

    /// <summary>A resolver of services; it keeps nothing itself.</summary>
    /// <param name="resolver">Asks the DNS, and caches.</param>
    /// <param name="time">For the resolution delay.</param>
    /// <param name="random">For the weights; null for the operating system's generator.</param>
    /// <param name="options">Limits and policies; null for the defaults.</param>
    public XmppServiceResolver(IDnsResolver resolver, TimeProvider time, IRandomSource? random = null, XmppServiceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        ArgumentNullException.ThrowIfNull(time);
        this.resolver = resolver;
        this.time = time;
        this.random = random ?? CryptographicRandomSource.Instance;
        this.options = options ?? new XmppServiceOptions();
    }

    /// <summary>The places to try for a domain.</summary>
    /// <param name="domain">The domain in A-labels.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    public async ValueTask<ServicePlan> ResolveAsync(string domain, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (IPAddress.TryParse(domain, out _)
            || !DnsName.TryParse(domain, out var name)
            || name.IsRoot
            || !name.TryPrepend(StartTlsLabels, out var startTlsName)
            || !name.TryPrepend(DirectTlsLabels, out var directTlsName))
        {
            return new ServicePlan.Absent(ServiceAbsence.NotADnsName);
        }

        var startTlsQuery = resolver.QueryAsync(startTlsName, DnsType.SRV, cancellationToken).AsTask();
        var directTlsQuery = options.DirectTls
            ? resolver.QueryAsync(directTlsName, DnsType.SRV, cancellationToken).AsTask()
            : Task.FromResult(new DnsAnswer { Outcome = DnsOutcome.NameError, CanonicalName = directTlsName, Authenticated = true });
        await Task.WhenAll(startTlsQuery, directTlsQuery);
        return Plan(name, await startTlsQuery, await directTlsQuery);
    }

    /// <summary>
    /// The addresses of a target as they become known, in the order to use them: AAAA at once, A after AAAA or after the resolution delay
    /// (RFC 8305 section 3). Two batches, whatever they hold. Nothing is asked before the first is wanted.
    /// </summary>
    public async IAsyncEnumerable<AddressBatch> ResolveAddressesAsync(
        SrvTarget target,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var aaaa = AskAsync(target, DnsType.AAAA, cancellationToken);
        var a = AskAsync(target, DnsType.A, cancellationToken);
        if (await Task.WhenAny(aaaa, a) == a && !aaaa.IsCompleted)
        {
            await WaitForPreferredAsync(aaaa, cancellationToken);
        }

        var (first, second) = aaaa.IsCompleted ? (aaaa, a) : (a, aaaa);
        yield return await first;
        yield return await second;
    }

    /// <summary>All addresses of a target at once, for callers that do not race: waits for both questions.</summary>
    public async ValueTask<TargetAddresses> ResolveAllAddressesAsync(SrvTarget target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var batches = await Task.WhenAll(AskAsync(target, DnsType.AAAA, cancellationToken), AskAsync(target, DnsType.A, cancellationToken));
        var endPoints = ImmutableArray.CreateBuilder<IPEndPoint>();
        for (var i = 0; i < batches.Max(batch => batch.EndPoints.Length); i++)
        {
            endPoints.AddRange(batches.Where(batch => i < batch.EndPoints.Length).Select(batch => batch.EndPoints[i]));
        }

        var failure = batches.All(batch => batch.Outcome == DnsOutcome.Failed) ? batches[0].Failure : DnsFailure.None;
        return new TargetAddresses(endPoints.ToImmutable(), [.. batches.SelectMany(batch => batch.Denied)], failure);
    }

    private ServicePlan Plan(DnsName domain, DnsAnswer startTls, DnsAnswer directTls)
    {
        var candidates = Targets(startTls, directTls: false).Concat(Targets(directTls, directTls: true)).ToList();
        var present = candidates.Where(target => !target.Host.IsRoot).ToList();
        var allowed = present.Where(target => target.Port != 0 && options.AllowPort(target.Port)).ToList();
        if (allowed.Count != 0)
        {
            var authenticated = (startTls.Outcome != DnsOutcome.Records || startTls.Authenticated)
                && (directTls.Outcome != DnsOutcome.Records || directTls.Authenticated);
            return new ServicePlan.Targets(SrvOrder.Arrange(allowed, options.MaxTargets, random), FromSrv: true, authenticated);
        }

        if (startTls.Outcome == DnsOutcome.Failed || directTls.Outcome == DnsOutcome.Failed)
        {
            return new ServicePlan.Failed(startTls.Outcome == DnsOutcome.Failed ? startTls.Failure : directTls.Failure);
        }

        if (present.Count != 0)
        {
            return new ServicePlan.Absent(ServiceAbsence.PortsRefused);
        }

        // XEP-0368 section 5: a root target for direct TLS alone also rules out the domain's own addresses.
        return candidates.Count != 0
            ? new ServicePlan.Absent(ServiceAbsence.DecidedlyAbsent)
            : Fallback(domain, startTls.Authenticated && directTls.Authenticated);
    }

    private ServicePlan Fallback(DnsName domain, bool authenticated)
        => options.AllowPort(XmppServiceOptions.DefaultPort)
            ? new ServicePlan.Targets([new SrvTarget(domain, XmppServiceOptions.DefaultPort, DirectTls: false, 0, 0)], FromSrv: false, authenticated)
            : new ServicePlan.Absent(ServiceAbsence.PortsRefused);

    private static IEnumerable<SrvTarget> Targets(DnsAnswer answer, bool directTls)
        => answer.Records.OfType<SrvRecord>()
            .Select(record => new SrvTarget(record.Target, record.Port, directTls, record.Priority, record.Weight));

    private async Task<AddressBatch> AskAsync(SrvTarget target, DnsType type, CancellationToken cancellationToken)
    {
        var answer = await resolver.QueryAsync(target.Host, type, cancellationToken);
        var addresses = answer.Records.OfType<AddressRecord>().Select(record => record.Address).Take(options.MaxAddressesPerFamily).ToList();
        return new AddressBatch(
            type,
            answer.Outcome,
            answer.Failure,
            [.. addresses.Where(options.AllowAddress).Select(address => new IPEndPoint(address, target.Port))],
            [.. addresses.Where(address => !options.AllowAddress(address))]);
    }

    private async Task WaitForPreferredAsync(Task preferred, CancellationToken cancellationToken)
    {
        using var delay = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(preferred, Task.Delay(options.ResolutionDelay, time, delay.Token));
        await delay.CancelAsync();
    }
}
