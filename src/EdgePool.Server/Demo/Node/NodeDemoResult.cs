using System.Globalization;
using System.Text.Json;
using EdgePool.Edge.Telemetry;
using EdgePool.Server.Demo.Display;
using EdgePool.Server.Demo.Load;

namespace EdgePool.Server.Demo.Node;

/// <summary>What the demo of one node came to, read when all has ended.</summary>
/// <param name="Ledger">The node's account.</param>
/// <param name="Requests">From the partner to the component.</param>
/// <param name="Answers">From the component to the partner.</param>
/// <param name="Elapsed">From the first request to the last answer.</param>
internal sealed record NodeDemoResult(LedgerSnapshot Ledger, NumberedFlow Requests, NumberedFlow Answers, TimeSpan Elapsed) : IDemoResult
{
    /// <summary>Both directions together.</summary>
    public FlowTotals Totals => new([Requests, Answers], Elapsed);

    /// <summary>All arrived once, in order and unchanged, nothing was refused, and the account agrees.</summary>
    public bool IsGood => Ledger is { Balances: true, InFlight: 0, Bounced: 0, Dropped: 0 }
        && Totals is { Missing: 0, Duplicated: 0, Misordered: 0, Damaged: 0 }
        && Requests.Received > 0 && Ledger.Delivered == Requests.Received + Answers.Received;

    /// <inheritdoc/>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteLedger(Ledger);
        json.WriteNumber("inFlight", Ledger.InFlight);
        json.WriteBoolean("balances", Ledger.Balances);
        json.WriteNumber("lost", Totals.Missing);
        Totals.WriteJson(json);
    }

    /// <inheritdoc/>
    public void WriteText(TextWriter target)
    {
        target.WriteLine();
        target.WriteLine(IsGood ? "Shown:" : "NOT SHOWN, see the figures:");
        target.WriteLine($"  {Figures.Count(Requests.Received)} messages went from a partner's server through one EdgePool node to a component, and {Figures.Count(Answers.Received)} answers back,");
        target.WriteLine($"  in {Lasted()}: {Figures.Count(Totals.PerSecond)} stanzas a second. The partner was found by DNS SRV; its streams are under TLS, SASL EXTERNAL on both.");
        target.WriteLine($"  Checked at both ends: {Figures.Count(Totals.Missing)} lost, {Figures.Count(Totals.Duplicated)} doubled, {Figures.Count(Totals.Misordered)} out of order, {Figures.Count(Totals.Damaged)} damaged.");
        target.WriteLine($"  Latency through the edge, one way: half within {Figures.Latency(Totals.Percentile(0.50))}, 99 of 100 within {Figures.Latency(Totals.Percentile(0.99))}.");
        target.WriteLine($"  The ledger {(Ledger.Balances ? "balances" : "DOES NOT BALANCE")}: accepted {Figures.Count(Ledger.Accepted)} = delivered {Figures.Count(Ledger.Delivered)}"
            + $" + bounced {Figures.Count(Ledger.Bounced)} + dropped {Figures.Count(Ledger.Dropped)} + in flight {Figures.Count(Ledger.InFlight)}.");
        target.WriteLine();
        target.WriteLine("Next:");
        target.WriteLine("  edgepool demo                                  two sites, one of which is killed");
        target.WriteLine("  edgepool demo --nodes 1 --rate 0               one node, as many stanzas as go");
        target.WriteLine("  edgepool check config --config FILE            a node of your own: README.md, cluster-config/minimal.yaml");
    }

    private string Lasted() => Elapsed < TimeSpan.FromMinutes(1) ? string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds:0.0} s") : Figures.Time(Elapsed);
}
