using System.Globalization;
using System.Text;

namespace EdgePool.Interop.Tests.Negotiation.Peers;

/// <summary>The cells as a text: a line for each server, carrier, direction and policy, a column for each certificate.</summary>
internal static class PeerTable
{
    /// <summary>The table; a cell that is not as computed shows both.</summary>
    public static string Print(IReadOnlyDictionary<PeerCell, string> measured)
    {
        var text = new StringBuilder();
        Line(text, ["server", "carrier", "opened by", "policy", .. Enum.GetNames<Shown>()]);
        foreach (var line in PeerCell.All.Chunk(Enum.GetValues<Shown>().Length))
        {
            var first = line[0];
            Line(text, [$"{first.Server}", $"{first.Carrier}", first.Direction is Direction.Inbound ? "peer" : "edge", $"{first.Way}", .. line.Select(c => Cell(c, measured))]);
        }

        text.AppendLine().AppendLine("why:");
        foreach (var reason in PeerCell.All.Select(PeerExpectation.Of).Distinct())
            text.Append(CultureInfo.InvariantCulture, $"  {reason.Text}: {reason.Why}\n");
        return text.ToString();
    }

    private static string Cell(PeerCell cell, IReadOnlyDictionary<PeerCell, string> measured)
    {
        var expected = PeerExpectation.Of(cell).Text;
        return expected is PeerExpectation.Cannot ? expected
            : !measured.TryGetValue(cell, out var found) ? "not measured"
            : found == expected ? found
            : $"{found}, NOT {expected}";
    }

    private static void Line(StringBuilder text, IReadOnlyList<string> fields)
    {
        for (var i = 0; i < fields.Count; i++)
            text.Append(fields[i].PadRight(i < 4 ? 11 : 25));
        text.AppendLine();
    }
}
