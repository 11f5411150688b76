using System.Globalization;

namespace EdgePool.Server.Demo.Display;

/// <summary>What was shown, in words, and what to try next.</summary>
internal static class Summary
{
    /// <summary>Writes it.</summary>
    public static void Write(DemoResult result, TextWriter target)
    {
        target.WriteLine();
        target.WriteLine(result.IsGood ? "Shown:" : "NOT SHOWN, see the figures:");
        target.WriteLine($"  {Figures.Count(result.Requests.Received)} messages went from a partner's server through one EdgePool node to a component, and {Figures.Count(result.Answers.Received)} answers back,");
        target.WriteLine($"  in {Elapsed(result)}: {Figures.Count(result.StanzasPerSecond)} stanzas a second. The partner was found by DNS SRV; its streams are under TLS, SASL EXTERNAL on both.");
        target.WriteLine($"  Checked at both ends: {Figures.Count(result.Lost)} lost, {Figures.Count(result.Duplicated)} doubled, {Figures.Count(result.Misordered)} out of order, {Figures.Count(result.Damaged)} damaged.");
        target.WriteLine($"  Latency through the edge, one way: half within {Figures.Latency(result.Percentile(0.50))}, 99 of 100 within {Figures.Latency(result.Percentile(0.99))}.");
        target.WriteLine($"  The ledger {(result.Ledger.Balances ? "balances" : "DOES NOT BALANCE")}: accepted {Figures.Count(result.Ledger.Accepted)} = delivered {Figures.Count(result.Ledger.Delivered)}"
            + $" + bounced {Figures.Count(result.Ledger.Bounced)} + dropped {Figures.Count(result.Ledger.Dropped)} + in flight {Figures.Count(result.Ledger.InFlight)}.");
        target.WriteLine();
        target.WriteLine("Next:");
        target.WriteLine("  edgepool demo --rate 0                         as many stanzas as go");
        target.WriteLine("  edgepool demo --duration 20s --json            the same for scripts");
        target.WriteLine("  edgepool check config --config FILE            a node of your own: README.md, cluster-config/minimal.yaml");
    }

    private static string Elapsed(DemoResult result) => result.Elapsed < TimeSpan.FromMinutes(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{result.Elapsed.TotalSeconds:0.0} s")
        : Figures.Time(result.Elapsed);
}
