using System.Globalization;
using System.Text;
using EdgePool.Policy.Negotiation;
using Xunit;

namespace EdgePool.Edge.Tests.Negotiation;

/// <summary>
/// TLS off, optional or required, certificate missing, invalid or valid, dialback on or off, on both sides: what two nodes make of each of the 324 combinations,
/// in both directions, is what the specifications foretell.
/// </summary>
public sealed class FederationTableTests
{
    [Fact]
    public async Task Streams_InEverySettingOfBothSides_ComeToWhatTheSpecificationsSay()
    {
        await using var scene = await FederationScene.StartAsync();
        var there = await RunAsync(scene, 'a', 'b');
        var back = await RunAsync(scene, 'b', 'a');
        foreach (var way in (FederationWay[])[there, back])
        {
            TestContext.Current.TestOutputHelper?.WriteLine(way.ToTable());
            Assert.True(way.Differences.Count == 0, way.ToTable());
        }

        await scene.StopAsync();
        var bounced = there.Cases.Concat(back.Cases).Where(c => c.Expected.Method is null).Select(c => (c.To, c.From, (string?)"error")).ToHashSet();
        await scene.UntilAsync(() => bounced.IsSubsetOf(scene.Received), "an answer to every stanza that was refused");
        Assert.All(scene.Nodes.Values, node => Assert.True(node.Ledger.Read() is { Balances: true, InFlight: 0 }, node.Ledger.Read().ToString()));
    }

    // What has no method cannot be saved (POLICY.md section 1, row 18).
    [Fact]
    public void Settings_WithoutAnyMethod_AreRefused()
    {
        var refused = FederationSide.All.Where(side => !NegotiationMatrix.Rule(new NegotiationChoice(
            side.ToDocument("p1.example").TlsNegotiation!.Value, side.ToDocument("p1.example").SaslNegotiation!.Value, side.Dialback)).IsValid);
        Assert.Equal(FederationSide.All.Where(side => !side.HasMethod), refused);
    }

    private static async Task<FederationWay> RunAsync(FederationScene scene, char initiating, char receiving)
    {
        var observer = new FederationObserver(scene, initiating, receiving);
        var way = new FederationWay($"{initiating} to {receiving}", [.. from i in FederationSide.All from r in FederationSide.All select FederationCase.Of(i, r, initiating, receiving)]);
        foreach (var part in way.Cases.Chunk(54)) // a few at a time: packets of a crowd are lost, and no clock runs that would ask again
        {
            foreach (var one in part)
                await scene.SendAsync(one.From, one.To);
            var since = TimeProvider.System.GetTimestamp();
            while (!Array.TrueForAll(part, one => one.IsAsExpected) && TimeProvider.System.GetElapsedTime(since) < FederationScene.Patience)
            {
                await Task.Delay(20);
                observer.Look();
                foreach (var one in part)
                    one.Observed = observer.Read(one.From, one.To);
            }
        }

        return way;
    }
}

/// <summary>One stanza.</summary>
internal sealed record FederationCase(FederationSide Initiating, FederationSide Receiving, string From, string To, Forecast Expected)
{
    public Forecast? Observed { get; set; }

    public bool IsAsExpected => Expected.Equals(Observed);

    public static FederationCase Of(FederationSide i, FederationSide r, char initiating, char receiving)
        => new(i, r, FederationScene.DomainOf(initiating, i, r), FederationScene.DomainOf(receiving, r, i), FederationOracle.Foretell(i, r));
}

/// <summary>All stanzas in one direction.</summary>
internal sealed record FederationWay(string Name, IReadOnlyList<FederationCase> Cases)
{
    public IReadOnlyList<FederationCase> Differences => [.. Cases.Where(c => !c.IsAsExpected)];

    /// <summary>The initiating side's settings downwards, the receiving side's across; what was expected, marked where it did not come to be.</summary>
    public string ToTable()
    {
        var kinds = Cases.Select(c => c.Expected).Distinct().ToList();
        var text = new StringBuilder().Append("Streams ").AppendLine(Name)
            .AppendLine("settings: TLS -, optional, required; certificate -, invalid, valid; dialback -, dialback. ! is not as expected")
            .Append("     ").AppendJoin(' ', FederationSide.All).AppendLine();
        foreach (var row in Cases.Chunk(FederationSide.All.Count))
            text.Append(row[0].Initiating).Append("  ").AppendJoin(' ', row.Select(c => $"{(c.IsAsExpected ? ' ' : '!')}{Letter(kinds.IndexOf(c.Expected))} ")).AppendLine();
        foreach (var (index, kind) in kinds.Index())
            text.Append(CultureInfo.InvariantCulture, $"{Letter(index)} {kind} in {Cases.Count(c => c.Expected == kind)} cases").AppendLine();
        foreach (var wrong in Differences)
            text.Append(CultureInfo.InvariantCulture, $"! {wrong.Initiating} to {wrong.Receiving}: expected {wrong.Expected}, came to {wrong.Observed?.ToString() ?? "nothing"}").AppendLine();
        return text.ToString();
    }

    private static char Letter(int index) => (char)('A' + index);
}
