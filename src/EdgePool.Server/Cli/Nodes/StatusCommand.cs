using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Topologies;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Nodes;

/// <summary><c>edgepool status</c>: a node at a glance.</summary>
internal static class StatusCommand
{
    private const int MostExits = 10;

    private const string Notes = """
        Examples:
          edgepool status
          edgepool status --json | jq .ledger

        Exit codes: 0 the node is ready, the newest policy is in force, the store takes what the node remembers and the
        ledger balances, 1 not so, 2 usage, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create(TimeProvider time)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = NodeCommand.Create("status", "Show a node: its policy, streams and ledger.", Notes, async (context, cancellation) =>
        {
            var status = await context.Node.GetAsync("/v1/status", WireJson.Default.StatusView, cancellation);
            if (context.Arguments.GetValue(json))
            {
                context.Output.WriteLine(JsonSerializer.Serialize(status, WireJson.Shown.StatusView));
            }
            else
            {
                Write(status, time.GetUtcNow(), context.Output);
            }

            return status is { Readiness.Ready: true, Policy.Problem: null, Ledger.Balances: true, Consents: null or { Failure: null }, Presence.Failure: null, PeerKeys.Failure: null } ? ExitCode.Success : ExitCode.Failed;
        });
        command.Options.Add(json);
        return command;
    }

    private static void Write(StatusView status, DateTimeOffset now, TextWriter output)
    {
        var ledger = status.Ledger;
        var started = status.Started.ToString("u", CultureInfo.InvariantCulture);
        var policy = status.Mode is "store" ? FormattableString.Invariant($"version {status.Policy.Version} of the store") : "the node's file";
        output.WriteLine($"node      {status.Node}, EdgePool {status.Product}, in service since {started}");
        output.WriteLine($"ready     {Ready(status.Readiness)}");
        output.WriteLine($"domains   {string.Join(", ", status.LocalDomains)}");
        foreach (var (domain, missing) in status.Readiness.Unserved)
        {
            output.WriteLine($"          {domain} cannot be served: {missing}");
        }

        output.WriteLine($"listens   {string.Join(", ", status.S2SListeners)} for partners, {string.Join(", ", status.InternalListeners)} inside");
        output.WriteLine(FormattableString.Invariant($"policy    {policy}, {status.Policy.Partners} partners"));
        if (status.Policy.Problem is { } problem)
        {
            output.WriteLine($"          a newer version is not in force: {problem}");
        }

        if (status.Consents is { } consents)
        {
            var failure = consents.Failure is { } why ? FormattableString.Invariant($", {consents.Pending} changes wait for the store: {why}") : "";
            output.WriteLine(FormattableString.Invariant($"consents  {consents.Count}{failure}"));
        }

        var unwritten = status.Presence.Failure is { } fault ? FormattableString.Invariant($", {status.Presence.Pending} changes wait for the store: {fault}") : "";
        output.WriteLine(FormattableString.Invariant($"presence  {status.Presence.Shown} shown as available{unwritten}"));
        if (status.PeerKeys.Failure is { } lost)
        {
            output.WriteLine(FormattableString.Invariant($"keys      {status.PeerKeys.Pending} changes of partners' keys wait for the store: {lost}"));
        }

        if (status.BodyLogging is { } bodies)
        {
            output.WriteLine(FormattableString.Invariant($"privacy   message bodies are logged since version {bodies.Version} by {bodies.Who}"));
        }

        if (status.Advertiser is { } advertiser)
        {
            output.WriteLine($"dns       {AdvertiserText.Of(advertiser, now)}{(advertiser.Problems.Count > 0 ? ", see 'edgepool topology status'" : "")}");
        }

        Exits(status.Exits ?? [], output);
        Certificates(status.Certificates, output);
        output.WriteLine($"streams   {(status.Streams.Count == 0 ? "none" : string.Join(", ", status.Streams.Select(kind => FormattableString.Invariant($"{kind.Value} {kind.Key}"))))}");
        output.WriteLine(FormattableString.Invariant(
            $"stanzas   {ledger.Accepted} accepted = {ledger.Delivered} delivered + {ledger.Bounced} bounced + {ledger.Dropped} dropped + {ledger.InFlight} in flight"));
        Verdicts("refused", status.Refused, output);
        Verdicts("observed", status.Observed, output);
    }

    private static string Ready(ReadinessView readiness)
        => (readiness.Ready ? "yes" : $"no: {string.Join("; ", readiness.Reasons)}") + (readiness.TakesPartners ? "" : "; partners' connections are refused");

    private static void Exits(IReadOnlyList<ExitView> exits, TextWriter output)
    {
        foreach (var exit in exits.Take(MostExits))
        {
            var why = exit.Because is { } because ? $", for {Shown.Of(because, 200)}" : "";
            output.WriteLine(FormattableString.Invariant($"exit      {exit.Local} to {exit.Partner} by pool {exit.Pool} (node {exit.Node}) since {exit.Since:u}{why}"));
        }

        if (exits.Count > MostExits)
        {
            output.WriteLine(FormattableString.Invariant($"          and {exits.Count - MostExits} pairs more: --json"));
        }
    }

    private static void Certificates(CertificatesView certificates, TextWriter output)
    {
        output.WriteLine($"certs     {string.Join("; ", certificates.InForce.Select(Certificate))}");
        if (certificates.Refused is { Reasons: { Count: > 0 } reasons } refused)
        {
            var more = reasons.Count == 1 ? "" : FormattableString.Invariant($" (and {reasons.Count - 1} more)");
            output.WriteLine(FormattableString.Invariant($"          others were refused at {refused.At:u}: {Shown.Of(reasons[0], 300)}{more}"));
        }
    }

    private static string Certificate(CertificateView ours)
    {
        var names = ours.Domains.Count == 0 ? Shown.Of(ours.Subject, 200) : string.Join(", ", ours.Domains);
        var end = ours.DaysLeft < 0 ? "expired" : FormattableString.Invariant($"{ours.DaysLeft} days left");
        return $"{names}: {end}{(ours.Alarm is null ? "" : ", renew it")}";
    }

    private static void Verdicts(string name, IReadOnlyDictionary<string, long> counts, TextWriter output)
    {
        if (counts.Count > 0)
        {
            var texts = counts.OrderByDescending(count => count.Value).Select(count => FormattableString.Invariant($"{count.Value} {count.Key}"));
            output.WriteLine($"{name.PadRight(9)} {string.Join(", ", texts)}");
        }
    }
}
