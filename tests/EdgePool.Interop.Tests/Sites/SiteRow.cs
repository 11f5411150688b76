using System.Globalization;
using EdgePool.Interop.Tests.Faults;

namespace EdgePool.Interop.Tests.Sites;

/// <summary>One line of the table of site faults.</summary>
/// <param name="Fault">What was done.</param>
/// <param name="Silences">Per partner and direction, inwards first: the longest time in which nothing arrived, of the worse of its two flows.</param>
/// <param name="Takeovers">Per partner: from its first call at a node after the fault until its messages arrived again.</param>
/// <param name="Count">What became of the messages that are acknowledged all the way.</param>
/// <param name="Bare">The same of the others: what is missing there was in flight on a connection that broke.</param>
/// <param name="Back">Until site A carried everything again; null: it was not away.</param>
internal sealed record SiteRow(
    string Fault, IReadOnlyList<TimeSpan> Silences, IReadOnlyList<TimeSpan?> Takeovers, FateCount Count, FateCount Bare, TimeSpan? Back)
{
    /// <summary>The table's head, in Markdown.</summary>
    public const string Head =
        "| fault | s without traffic: Prosody to us | from us | ejabberd to us | from us | s from a partner's call to its messages: Prosody | ejabberd | messages | bounced | delivered and bounced | doubled | from a component whose connection broke | in flight with who does not acknowledge | lost in silence | s until A carries everything again |\n"
        + "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Fault} | {string.Join(" | ", Silences.Select(static time => Text(time)))} | {string.Join(" | ", Takeovers.Select(static time => Text(time)))} | {Count.Sent + Bare.Sent} | {Count.Bounced + Bare.Bounced} | {Count.DeliveredAndBounced + Bare.DeliveredAndBounced} | {Count.Doubled + Bare.Doubled} | {Count.Taken + Bare.Taken} | {Bare.Lost} | {Count.Lost} | {Text(Back)} |");

    private static string Text(TimeSpan? time) => time is { TotalSeconds: var seconds } ? seconds.ToString("0.0", CultureInfo.InvariantCulture) : "–";
}
