using System.Globalization;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>One line of the table: a fault and what it cost.</summary>
/// <param name="Fault">What was done.</param>
/// <param name="Count">What became of every message.</param>
/// <param name="Uncertain">Stanzas that nodes answered as lost though another node may have delivered them.</param>
/// <param name="Repeated">Messages that a partner wrote again behind a stream that ended in order.</param>
/// <param name="Silence">The longest time in which nothing arrived in one of the directions: of that, a partner or component whose node says nothing takes 4 s to give it up, and
/// up to 3 s at each node that takes its connection and says nothing.</param>
/// <param name="Worst">That direction.</param>
/// <param name="Owned">From the fault, or from its end where owners cannot change before, until every shard had an owner that lives; null: owners stay.</param>
internal sealed record FaultRow(string Fault, FateCount Count, long Uncertain, int Repeated, TimeSpan Silence, string Worst, TimeSpan? Owned)
{
    /// <summary>The table's head, in Markdown.</summary>
    public const string Head =
        "| fault | sent | delivered | bounced | kept by the sender's server, not acknowledged | taken by a process that was killed, from a component | delivered and answered as lost (nodes counted) | doubled | repeated after an orderly end | lost in silence | s without traffic, worst direction | s until all shards are owned |\n"
        + "|---|---|---|---|---|---|---|---|---|---|---|---|";

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Fault} | {Count.Sent} | {Count.Delivered} | {Count.Bounced} | {Count.Kept} | {Count.Taken} | {Count.DeliveredAndBounced} ({Uncertain}) | {Count.Doubled} | {Repeated} | {Count.Lost} | {Silence.TotalSeconds:0.0} ({Worst}) | {(Owned is { } owned ? owned.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) : "they stay")} |");
}
