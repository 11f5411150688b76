using System.Text.Json;
using EdgePool.Server.Demo.Display;

namespace EdgePool.Server.Demo.Sites;

/// <summary>A partner's change from one site to another.</summary>
/// <param name="Partner">Its domain.</param>
/// <param name="Took">Until it had the first answer by the other site; null: not in time.</param>
internal sealed record Switchover(string Partner, TimeSpan? Took);

/// <summary>What the demo of two sites came to.</summary>
/// <param name="Account">What became of every message.</param>
/// <param name="Takeovers">From the kill of the first site, for each partner that was with it.</param>
/// <param name="Returns">From the end of its stream to the second site, for each partner.</param>
/// <param name="Partners">How many partners there are.</param>
internal sealed record SiteDemoResult(SceneAccount Account, IReadOnlyList<Switchover> Takeovers, IReadOnlyList<Switchover> Returns, int Partners) : IDemoResult
{
    /// <summary>The slowest partner's takeover; null: one was not taken over.</summary>
    public TimeSpan? Takeover => Slowest(Takeovers);

    /// <summary>The slowest partner's return; null: one did not return.</summary>
    public TimeSpan? Return => Slowest(Returns);

    /// <inheritdoc/>
    public bool IsGood => Account.IsGood && Takeover is not null && Return is not null;

    /// <inheritdoc/>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteNumber("partners", Partners);
        json.WriteMillis("takeoverMillis", Takeover);
        Each(json, "takeoverMillisByPartner", Takeovers);
        json.WriteMillis("returnMillis", Return);
        Each(json, "returnMillisByPartner", Returns);
        Account.WriteJson(json);
    }

    /// <inheritdoc/>
    public void WriteText(TextWriter target)
    {
        target.WriteLine();
        target.WriteLine(IsGood ? "Shown:" : "NOT SHOWN, see the figures:");
        target.WriteLine(Takeovers.Count == 0
            ? "  It was interrupted before site a was killed."
            : $"  Site a, of two nodes, was killed in mid-traffic. Its partners went on to site b, the next targets of the SRV records, and had answers again {After(Takeovers)}.");
        target.WriteLine(Returns.Count == 0
            ? "  Nobody has returned to site a: it was interrupted before."
            : $"  Site a came back. Partners stayed with b until their streams ended: here they ended them, and had answers by site a {After(Returns)}.");
        Account.WriteText(target);
        target.WriteLine();
        target.WriteLine("Next:");
        target.WriteLine("  edgepool demo --json                           the same for scripts");
        target.WriteLine("  edgepool demo --nodes 3                        one pool, one of whose nodes is killed");
        target.WriteLine("  edgepool demo --nodes 1 --rate 0               one node, as many stanzas as go");
        target.WriteLine("  edgepool check config --config FILE            a node of your own: README.md, cluster-config/minimal.yaml");
    }

    private TimeSpan? Slowest(IReadOnlyList<Switchover> all) => all.Count == Partners && all.All(static one => one.Took is not null) ? all.Max(static one => one.Took) : null;

    private static string After(IReadOnlyList<Switchover> all)
        => string.Join(", ", all.Select(static one => one.Took is { } took ? $"after {Figures.Latency((long)took.TotalMicroseconds)} ({one.Partner})" : $"NOT IN TIME ({one.Partner})"));

    private static void Each(Utf8JsonWriter json, string name, IReadOnlyList<Switchover> all)
    {
        json.WriteStartObject(name);
        foreach (var one in all)
        {
            json.WriteMillis(one.Partner, one.Took);
        }

        json.WriteEndObject();
    }
}
