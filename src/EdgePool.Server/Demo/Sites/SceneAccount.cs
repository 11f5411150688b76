using System.Text.Json;
using EdgePool.Edge.Telemetry;
using EdgePool.Server.Demo.Display;
using EdgePool.Server.Demo.Load;

namespace EdgePool.Server.Demo.Sites;

/// <summary>What became of every message of a demo with several nodes, read when all has ended.</summary>
/// <param name="Living">The account of the nodes that left in order.</param>
/// <param name="Killed">That of the nodes that were killed.</param>
/// <param name="Flows">Every partner's messages.</param>
/// <param name="Elapsed">From the first request to the last confirmation.</param>
internal sealed record SceneAccount(LedgerSnapshot Living, LedgerSnapshot Killed, IReadOnlyList<ConfirmedFlow> Flows, TimeSpan Elapsed)
{
    /// <summary>Requests and answers together.</summary>
    public FlowTotals Totals => new([.. Flows.SelectMany(static flow => flow.Both)], Elapsed);

    /// <summary>Messages of which the sender never learned what became of them.</summary>
    public long LostInSilence => Flows.Sum(static flow => flow.UnderWay);

    /// <summary>Messages that were sent again, because a node died before their sender knew what became of them.</summary>
    public long SentAgain => Flows.Sum(static flow => flow.SentAgain);

    /// <summary>Messages whose sender got an error.</summary>
    public long Bounced => Flows.Sum(static flow => flow.Bounced);

    /// <summary>Accepted = delivered + bounced + dropped + in flight, at the living and at the dead; and nothing is in flight where nobody died.</summary>
    public bool Balances => Living is { Balances: true, InFlight: 0 } && Killed.Balances;

    /// <summary>The accounts agree, and every sender knows what became of its messages.</summary>
    public bool IsGood => Balances && LostInSilence == 0 && Totals is { Damaged: 0, Received: > 0 };

    /// <summary>The fields that the results of these demos end with. Those of the ledger are of all nodes; <c>inFlight</c> is of those that live.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteLedger(All);
        json.WriteNumber("inFlight", Living.InFlight);
        json.WriteNumber("inFlightOfKilled", Killed.InFlight);
        json.WriteBoolean("balances", Balances);
        json.WriteNumber("lost", Totals.Missing);
        json.WriteNumber("lostInSilence", LostInSilence);
        json.WriteNumber("sentAgain", SentAgain);
        Totals.WriteJson(json);
    }

    /// <summary>In words.</summary>
    public void WriteText(TextWriter target)
    {
        target.WriteLine($"  {Figures.Count(Totals.Received)} messages arrived, in both directions, {Figures.Count(Totals.PerSecond)} a second. Lost in silence: {Figures.Count(LostInSilence)}. Bounced: {Figures.Count(Bounced)}."
            + $" Doubled: {Figures.Count(Totals.Duplicated)}. Out of order: {Figures.Count(Totals.Misordered)}. Damaged: {Figures.Count(Totals.Damaged)}.");
        target.WriteLine($"  Sent again: {Figures.Count(SentAgain)}, all whose sender had no word when the node died: partners' servers no acknowledgement (XEP-0198), the component no confirmation.");
        target.WriteLine("  What had arrived all the same arrives twice, and is known by its number: the doubled ones.");
        target.WriteLine($"  The ledger {(Balances ? "balances" : "DOES NOT BALANCE")}: accepted {Figures.Count(All.Accepted)} = delivered {Figures.Count(All.Delivered)}"
            + $" + bounced {Figures.Count(All.Bounced)} + dropped {Figures.Count(All.Dropped)} + in flight {Figures.Count(All.InFlight)}, which died with their nodes.");
    }

    private LedgerSnapshot All => SiteScene.Sum([Living, Killed]);
}
