using System.Globalization;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Policies;

/// <summary>Negotiations with a partner, for people.</summary>
internal static class NegotiationText
{
    private const int Longest = 600;

    /// <summary>A section for each domain.</summary>
    public static void Write(NegotiationList list, TextWriter output)
    {
        foreach (var arrivals in list.Arrivals ?? [])
        {
            output.WriteLine();
            output.WriteLine($"{Shown.Of(arrivals.Domain, Longest)} comes to");
            foreach (var pool in arrivals.Pools)
            {
                output.WriteLine(FormattableString.Invariant($"  {Shown.Of(pool.Pool)}: opened its last stream at {pool.Came:u}, had one until {pool.Seen:u} at least"));
            }

            if (arrivals.Finding is { } finding)
            {
                output.WriteLine($"  it {finding}");
            }
        }

        foreach (var domain in list.Domains)
        {
            output.WriteLine();
            output.WriteLine($"negotiations with {Shown.Of(domain.Domain, Longest)} since the node started");
            Write("inbound", domain.Inbound, output);
            Write("outbound", domain.Outbound, output);
            Write("verification of dialback keys", domain.Verification, output);
        }
    }

    /// <summary>A certificate in one line.</summary>
    public static string Certificate(PeerCertificateView shown)
    {
        var names = shown.Names.Count == 0 ? "" : $", names {string.Join(", ", shown.Names)}";
        var verdict = shown.Verdict is null ? "" : $"{shown.Verdict}: ";
        return Shown.Of(FormattableString.Invariant($"{verdict}{shown.Subject}, issued by {shown.Issuer}, expires {shown.Expires:u}, key {shown.Hash ?? "unreadable"}{names}"), 2_000);
    }

    private static void Write(string way, WayView? history, TextWriter output)
    {
        if (history is null)
        {
            return;
        }

        var row = history.FailuresInARow > 1 ? FormattableString.Invariant($", the last {history.FailuresInARow} in a row") : "";
        output.WriteLine(FormattableString.Invariant($"{way}: {history.Successes} succeeded, {history.Failures} failed{row}"));
        Write("last success", history.LastSuccess, output);
        Write("last failure", history.LastFailure, output);
    }

    private static void Write(string title, NegotiationView? view, TextWriter output)
    {
        if (view is null)
        {
            return;
        }

        var method = view.Method is null ? "" : $" by {view.Method}";
        var cause = view.Cause is null ? "" : $": {view.Cause}";
        var stream = view.Stream == 0 ? "" : FormattableString.Invariant($", stream {view.Stream}");
        output.WriteLine($"  {title}  {view.At.ToString("u", CultureInfo.InvariantCulture)}  {Shown.Of(view.Pair, Longest)}{method}{stream}{cause}");
        Line("target", view.Target, output);
        Line("address", view.Address, output);
        Line("tls", view.Tls is null ? null : $"{view.Tls} {view.Cipher}", output);
        Line("certificate", view.Certificate is { } shown ? Certificate(shown) : null, output);
        Line("features", view.Features.Count == 0 ? null : string.Join(", ", view.Features), output);
        Line("steps", string.Join("; ", view.Steps.Select(Step)), output);
        Line("detail", view.Detail, output);
        Line("remedy", view.Remedy, output);
    }

    private static string Step(StepView step)
    {
        var took = Quantities.Time(TimeSpan.FromMilliseconds(step.Milliseconds));
        return step.Detail.Length == 0 ? $"{step.Step} {took}" : $"{step.Step} {took} ({step.Detail})";
    }

    private static void Line(string name, string? text, TextWriter output)
    {
        if (!string.IsNullOrEmpty(text))
        {
            output.WriteLine($"    {name,-12}{Shown.Of(text, 4_000)}");
        }
    }
}
