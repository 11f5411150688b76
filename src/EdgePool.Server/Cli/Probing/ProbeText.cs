using EdgePool.Edge.Probing;
using EdgePool.Edge.Telemetry;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Cli.Policies;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Api;
using EdgePool.Server.Management.Wire;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Cli.Probing;

/// <summary>What a probe found, for programs and for people.</summary>
internal static class ProbeText
{
    private const string Authenticated = "authenticated";
    private const string Ready = "ready";
    private const string Failed = "failed";
    private const int Longest = 4_000;

    /// <summary>The report as JSON has it.</summary>
    public static ProbeView View(ProbePlan plan, ProbeReport report) => new(
        plan.Pair.Remote.Ascii,
        plan.Pair.Local.Ascii,
        plan.Notes,
        NegotiationEndpoints.View(report.Resolved),
        [.. report.Targets.Select(View)],
        report.Succeeded,
        report.Failure?.ToText(),
        report.Failure?.Remedy());

    /// <summary>Writes it, step by step, with a summary at the end.</summary>
    public static void Write(ProbeView view, TextWriter output)
    {
        output.WriteLine($"{view.Domain}, as {view.From}");
        foreach (var note in view.Notes)
        {
            output.WriteLine($"  note: {Shown.Of(note, Longest)}");
        }

        Line("dns", view.Resolved.Milliseconds, view.Resolved.Detail, output);
        foreach (var target in view.Targets)
        {
            Write(target, output);
        }

        output.WriteLine();
        output.WriteLine(view.Cause is null ? Summary(view) : $"FAILED: {view.Cause}");
        if (view.Remedy is not null)
        {
            output.WriteLine($"to do: {view.Remedy}");
        }
    }

    private static ProbeTargetView View(ProbeTarget target) => new(
        target.Target,
        target.DirectTls,
        [.. target.Addresses.Select(address => new ProbeAddressView(address.EndPoint, Math.Round(address.Took.TotalMilliseconds, 3), address.Fault))],
        target.Denied,
        target switch { { Succeeded: false } => Failed, { Negotiation.Method: null } => Ready, _ => Authenticated },
        NegotiationEndpoints.View(target.Negotiation),
        target.Chain,
        target.ChainFault);

    private static void Write(ProbeTargetView target, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"{Shown.Of(target.Target, Longest)}{(target.DirectTls ? "" : " (STARTTLS)")}");
        foreach (var address in target.Addresses)
        {
            Line("connect", address.Milliseconds, $"{address.EndPoint}: {address.Fault ?? "connected"}", output);
        }

        foreach (var address in target.Denied)
        {
            Line("denied", took: null, $"{address}: never connected to (dns: denyNetworks, or not public)", output);
        }

        foreach (var step in target.Negotiation.Steps)
        {
            Line(step.Step, step.Milliseconds, step.Detail, output);
            if (string.Equals(step.Step, NegotiationStepKind.Secured.ToText(), StringComparison.Ordinal) && target.Negotiation.Certificate is { } shown)
            {
                Line("certificate", took: null, NegotiationText.Certificate(shown), output);
                Line("chain", took: null, string.Join("; ", target.Chain), output);
                Line("fault", took: null, target.ChainFault, output);
            }
        }

        Write(target.Outcome, target.Negotiation, output);
    }

    private static void Write(string outcome, NegotiationView negotiation, TextWriter output)
    {
        switch (outcome)
        {
            case Authenticated:
                Line("OK", took: null, $"authenticated by {negotiation.Method}; no stanza was sent", output);
                break;
            case Ready:
                Line("READY", took: null, negotiation.Detail + ": the partner would ask our node about the key (--dialback tries it, with a node of ours that runs)", output);
                break;
            default:
                Line("FAILED", took: null, $"{negotiation.Cause}: {negotiation.Detail}", output);
                Line("to do", took: null, negotiation.Remedy ?? "", output);
                break;
        }
    }

    private static string Summary(ProbeView view)
    {
        var count = view.Targets.CountBy(target => target.Outcome).ToDictionary(StringComparer.Ordinal);
        return FormattableString.Invariant(
            $"{view.Targets.Count} targets: {count.GetValueOrDefault(Authenticated)} authenticated, {count.GetValueOrDefault(Ready)} ready, {count.GetValueOrDefault(Failed)} failed");
    }

    private static void Line(string name, double? took, string detail, TextWriter output)
    {
        if (took is not null || detail.Length > 0)
        {
            var time = took is { } milliseconds ? Quantities.Time(TimeSpan.FromMilliseconds(milliseconds)) : "";
            output.WriteLine($"  {name,-13} {time,6}  {Shown.Of(detail, Longest)}".TrimEnd());
        }
    }
}
