using System.Globalization;
using EdgePool.Server.Demo.Node;

namespace EdgePool.Server.Demo.Display;

/// <summary>What was shown, in words, and what to try next.</summary>
internal static class NodeSummary
{
    /// <summary>Writes it.</summary>
    public static void Write(NodeDemoResult result, TextWriter target)
    {
        target.WriteLine();
        target.WriteLine(result.IsGood ? "Shown:" : "NOT SHOWN, see the figures:");
        target.WriteLine($"  {Figures.Count(result.Requests.Received)} messages went from a partner's server through one EdgePool node to a component, and {Figures.Count(result.Answers.Received)} answers back,");
        target.WriteLine($"  in {Elapsed(result)}: {Figures.Count(result.Totals.PerSecond)} stanzas a second. The partner was found by DNS SRV; its streams are under TLS, SASL EXTERNAL on both.");
        target.WriteLine($"  Checked at both ends: {Figures.Count(result.Totals.Missing)} lost, {Figures.Count(result.Totals.Duplicated)} doubled, {Figures.Count(result.Totals.Misordered)} out of order, {Figures.Count(result.Totals.Damaged)} damaged.");
        target.WriteLine($"  Latency through the edge, one way: half within {Figures.Latency(result.Totals.Percentile(0.50))}, 99 of 100 within {Figures.Latency(result.Totals.Percentile(0.99))}.");
        target.WriteLine($"  The ledger {(result.Ledger.Balances ? "balances" : "DOES NOT BALANCE")}: accepted {Figures.Count(result.Ledger.Accepted)} = delivered {Figures.Count(result.Ledger.Delivered)}"
            + $" + bounced {Figures.Count(result.Ledger.Bounced)} + dropped {Figures.Count(result.Ledger.Dropped)} + in flight {Figures.Count(result.Ledger.InFlight)}.");
        target.WriteLine();
        target.WriteLine("Next:");
        target.WriteLine("  edgepool demo                                  two sites, one of which is killed");
        target.WriteLine("  edgepool demo --nodes 1 --rate 0               one node, as many stanzas as go");
        target.WriteLine("  edgepool check config --config FILE            a node of your own: README.md, cluster-config/minimal.yaml");
    }

    private static string Elapsed(NodeDemoResult result) => result.Elapsed < TimeSpan.FromMinutes(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{result.Elapsed.TotalSeconds:0.0} s")
        : Figures.Time(result.Elapsed);
}
