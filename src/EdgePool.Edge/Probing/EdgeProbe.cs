using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Resolving;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgePool.Edge.Probing;

/// <summary>
/// Goes the way of an outbound stream to every target of a domain, by the same resolver, policy, TLS and negotiation as a node, and tells what it meets. No
/// stanza ever leaves, no node need run, and nothing outlives the probe. For one run at a time.
/// </summary>
public sealed class EdgeProbe : IAsyncDisposable
{
    private readonly TimeProvider time;
    private readonly StubResolver resolver;
    private readonly LivePolicy policy;
    private readonly OutboundConnector connector;
    private readonly EdgeCertificates certificates;
    private readonly DialbackKeys keys;
    private readonly Action<string> tell;

    /// <summary>A probe.</summary>
    /// <param name="options">As for a node: certificates, trust, name servers, networks, and the policy that judges. Listeners are not looked at.</param>
    /// <param name="time">The clock.</param>
    /// <param name="tell">Hears what is being waited for, as each step begins.</param>
    /// <exception cref="NameServerException">There is no name server to ask.</exception>
    public EdgeProbe(EdgeOptions options, TimeProvider time, Action<string> tell)
    {
        ArgumentNullException.ThrowIfNull(options);
        (this.time, this.tell) = (time, tell);
        var names = NameResolution.Of(options);
        resolver = new StubResolver(names, time);
        policy = new LivePolicy(options.Policy);
        var routes = new RouteTable(options, policy, time, new Ledger());
        certificates = new EdgeCertificates(options.Certificates, time.GetUtcNow());
        keys = new DialbackKeys(options.DialbackSecrets);
        var trust = new PeerTrust(options, policy, routes, new PeerKeys(), time, NullLogger.Instance);
        connector = new OutboundConnector(options, policy, routes, trust, certificates, resolver, new TlsaLookup(resolver, names.TrustAuthenticatedData, names.TotalTimeout, time), time);
    }

    /// <summary>Probes.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<ProbeReport> RunAsync(ProbeRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var domain = request.Pair.Remote;
        tell($"asking the DNS for _xmpp-server._tcp.{domain.Ascii} and _xmpps-server._tcp.{domain.Ascii}");
        var began = time.GetTimestamp();
        var plan = await InTimeAsync(request, connector.FindAsync, new TargetPlan([], Absent: false, "no answer of the DNS in time"), cancellation);
        var resolved = new NegotiationStep(NegotiationStepKind.Resolved, time.GetElapsedTime(began), LogText.Of(plan.Describe()));
        var targets = new List<ProbeTarget>();
        foreach (var target in plan.Targets)
            targets.Add(await ProbeAsync(request, target, cancellation));
        return new ProbeReport(resolved, targets)
        {
            Failure = plan.Targets.Count > 0 ? null : plan.Absent ? StreamEndReason.ServiceAbsent : StreamEndReason.DnsFailed,
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await resolver.DisposeAsync();
        policy.Dispose();
    }

    private async Task<T> InTimeAsync<T>(ProbeRequest request, Func<DomainPair, CancellationToken, Task<T>> step, T late, CancellationToken cancellation)
    {
        using var timer = new CancellationTokenSource(request.StepTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellation);
        try
        {
            return await step(request.Pair, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return late;
        }
    }

    private async Task<ProbeTarget> ProbeAsync(ProbeRequest request, OutboundTarget target, CancellationToken cancellation)
    {
        tell($"asking the DNS for the addresses of {target}");
        var trace = new NegotiationTrace(time);
        var addresses = await InTimeAsync(request, (_, late) => connector.AddressesAsync(target, late), new([], [], DnsFailure.Timeout), cancellation);
        tell($"connecting to {target}");
        var attempts = await Task.WhenAll(addresses.EndPoints.Select(endPoint => ConnectAsync(request, endPoint, cancellation)));
        try
        {
            var met = new ProbeTarget(
                LogText.Of(target.Describe()),
                target.Service.DirectTls,
                [.. attempts.Select(attempt => attempt.Shown)],
                [.. addresses.Denied.Select(address => address.ToString())],
                trace.Record(request.Pair, NegotiationWay.Outbound));
            return attempts.FirstOrDefault(attempt => attempt.Socket is not null) is { Socket: { } socket, Shown: var shown }
                ? await NegotiateAsync(request, target, socket, shown, trace, met, cancellation)
                : met with { Negotiation = Failed(met.Negotiation, StreamEndReason.ConnectFailed, WhyNoConnection(met, addresses.Failure)) };
        }
        finally
        {
            foreach (var attempt in attempts)
                attempt.Socket?.Dispose();
        }
    }

    private static string WhyNoConnection(ProbeTarget met, DnsFailure failure) => met switch
    {
        { Addresses.Count: > 0 } => "no address answers",
        { Denied.Count: > 0 } => "the host's addresses are none that may be connected to",
        _ when failure != DnsFailure.None => $"the DNS does not tell the host's addresses: {failure}",
        _ => "the host has no address",
    };

    private async Task<Attempt> ConnectAsync(ProbeRequest request, IPEndPoint endPoint, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        var race = await new HappyEyeballs(time, new HappyEyeballsOptions { Timeout = request.StepTimeout })
            .ConnectAsync([endPoint], HappyEyeballs.OpenSocketAsync, cancellation);
        var took = time.GetElapsedTime(began);
        return race is RaceResult<Socket>.Connected connected
            ? new Attempt(connected.Connection, new ProbeAddress(endPoint.ToString(), took, Fault: null))
            : new Attempt(Socket: null, new ProbeAddress(endPoint.ToString(), took, race is RaceResult<Socket>.Failed { Failures: [var fault, ..] } ? fault.Fault.ToString() : race.ToString()));
    }

    private async Task<ProbeTarget> NegotiateAsync(
        ProbeRequest request, OutboundTarget target, Socket socket, ProbeAddress address, NegotiationTrace trace, ProbeTarget met, CancellationToken cancellation)
    {
        trace.Connected(address.EndPoint);
        var terms = connector.TermsFor(request.Pair) ?? policy.Current.Find(request.Pair.Remote)?.Terms;
        if (terms is null)
            return met with { Negotiation = Failed(trace.Record(request.Pair, NegotiationWay.Outbound), StreamEndReason.PartnerNotAllowed, "policy has no terms for this domain") };
        var negotiation = new OutboundNegotiation(new OutboundSettings(
            new OutboundGoal.Probe(request.Pair, request.Dialback), terms, keys, target.Service.DirectTls, certificates.Prove(request.Pair.Local)));
        var tlsa = connector.DaneFor(request.Pair) is Policy.Partners.DaneUse.Off ? null : await connector.FindTlsaAsync(request.Pair, target, cancellation);
        await using var stream = new ProbeStream(socket, connector.TlsFor(request.Pair, target), negotiation, trace, request.StepTimeout, time, what => tell($"{target}: {what}")) { Tlsa = tlsa };
        var end = await stream.RunAsync(target.Service.DirectTls, cancellation);
        var verdict = stream.Certificate?.Proves(request.Pair.Remote);
        var record = trace.Record(request.Pair, NegotiationWay.Outbound) with { Target = met.Target, Method = end.Method, Failure = end.Failure, Detail = LogText.Of(end.Detail) };
        return met with
        {
            Negotiation = record,
            Chain = stream.Certificate?.SentChain() ?? [],
            ChainFault = verdict is CertificateVerdict.Untrusted ? stream.Certificate!.ChainFault(request.Pair.Remote) : string.Empty,
        };
    }

    private static NegotiationRecord Failed(NegotiationRecord record, StreamEndReason reason, string detail) => record with { Failure = reason, Detail = detail };

    private sealed record Attempt(Socket? Socket, ProbeAddress Shown);
}
