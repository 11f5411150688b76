using EdgePool.Edge.Certificates;
using EdgePool.Edge.Exits;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Readiness;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Server.Management.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace EdgePool.Server.Management.Api;

/// <summary><c>/v1/status</c>: what the node is doing.</summary>
internal static class StatusEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes, ManagedNode node)
    {
        routes.MapGet("/v1/status", context => Reply.OkAsync(context, Status(node), WireJson.Default.StatusView));
    }

    private const int MostExits = 100;

    private static StatusView Status(ManagedNode node)
    {
        var edge = node.Options.Edge;
        var policy = node.Node.Policy;
        var verdicts = node.Node.Verdicts.Read();
        return new StatusView(
            edge.NodeName,
            Product.Version,
            node.Options.Management.HasStore ? "store" : "file",
            node.Started,
            [.. edge.LocalDomains.Select(domain => domain.Name.Ascii)],
            [.. node.Node.S2SEndPoints.Select(address => address.ToString())],
            [.. node.Node.InternalEndPoints.Select(address => address.ToString())],
            Readiness(node.Node.Readiness),
            new PolicyView(policy.Version, policy.Partners.Count, Problem(node.Node.PolicyState)),
            Sum(verdicts, counts => counts.Refused),
            Sum(verdicts, counts => counts.Observed),
            Consents(node.Node.Consents),
            Presence(node.Node.PresenceShown, node.Node.PresenceJournal),
            PeerKeys(node.Node.PeerKeys.Count, node.Node.PeerKeyJournal),
            Certificates(node.Node.ReadCertificates()),
            node.Node.BodyLogging is { } bodies ? new BodyLoggingView(bodies.Version, bodies.Who, bodies.When) : null,
            node.Node.Streams.All.CountBy(stream => stream.Kind.ToString()).ToDictionary(StringComparer.Ordinal),
            Ledger(node.Node.Ledger.Read())) { Advertiser = AdvertiserView.Of(node.Advertiser?.Heard), Exits = Exits(node.Node.Exits) };
    }

    private static ExitView[]? Exits(IReadOnlyCollection<ExitUse> exits)
        => exits.Count == 0 ? null : [.. exits.OrderByDescending(exit => exit.Since).Take(MostExits).Select(exit => new ExitView(exit.Pair.Local.Ascii, exit.Pair.Remote.Ascii, exit.Pool, exit.Node, exit.Since, exit.Because))];

    private static ReadinessView Readiness(NodeReadiness readiness) => new(
        readiness.IsReady,
        readiness.TakesPartners,
        readiness.Reasons,
        readiness.Domains.Where(domain => domain.Place is BackEndPlace.Nowhere or BackEndPlace.OtherPool).ToDictionary(domain => domain.Domain.Ascii, domain => domain.Missing, StringComparer.Ordinal));

    /// <summary>Why the policy in force is not the store's newest; null: it is, or there is no store.</summary>
    private static string? Problem(PolicyState? state) => state switch
    {
        { IsHeldBack: true, Problems: var problems } when problems.FirstOrDefault(problem => problem.Severity is ProblemSeverity.Error) is { } first
            => $"{first.Path}: {first.What} — {first.Remedy}",
        { StoreFault: { } fault } => fault,
        _ => null,
    };

    private static Dictionary<string, long> Sum(IReadOnlyList<VerdictCounts> verdicts, Func<VerdictCounts, IReadOnlyDictionary<VerdictReason, long>> of)
        => verdicts.SelectMany(counts => of(counts)).GroupBy(count => count.Key).ToDictionary(group => group.Key.ToString(), group => group.Sum(count => count.Value), StringComparer.Ordinal);

    private static ConsentState? Consents(ConsentLedger? ledger)
        => ledger is { State: var state } ? new ConsentState(ledger.Count, state.Pending, state.FailingSince is null ? null : state.Failure) : null;

    private static PresenceState Presence(int shown, JournalState? journal)
        => new(shown, journal?.Pending ?? 0, journal is { FailingSince: not null } ? journal.Failure : null);

    private static PeerKeysState PeerKeys(int domains, JournalState? journal)
        => new(domains, journal?.Pending ?? 0, journal is { FailingSince: not null } ? journal.Failure : null);

    private static CertificatesView Certificates(CertificateState state) => new(
        [.. state.InForce.Select(ours => new CertificateView(
            ours.Subject,
            [.. ours.Domains.Select(domain => domain.Ascii)],
            ours.ValidUntil,
            ours.DaysLeft,
            ours.Expiry is CertificateExpiry.Far ? null : ours.Expiry.ToString()))],
        state.Refused is { } refused ? new RefusedCertificates(refused.At, refused.Reasons) : null);

    private static LedgerView Ledger(LedgerSnapshot ledger) => new(
        ledger.Accepted,
        ledger.Delivered,
        ledger.Bounced,
        ledger.Dropped,
        ledger.InFlight,
        ledger.Balances,
        ledger.BouncedBy.ToDictionary(reason => reason.Key.ToString(), reason => reason.Value, StringComparer.Ordinal),
        ledger.DroppedBy.ToDictionary(reason => reason.Key.ToString(), reason => reason.Value, StringComparer.Ordinal));
}
