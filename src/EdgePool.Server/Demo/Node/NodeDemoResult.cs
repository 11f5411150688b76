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
    public void WriteText(TextWriter target) => NodeSummary.Write(this, target);
}
