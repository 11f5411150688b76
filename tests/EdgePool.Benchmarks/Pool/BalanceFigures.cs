using System.Collections.Immutable;
using System.Globalization;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Benchmarks.Pool;

/// <summary>How evenly partners are spread over the nodes of a pool, and how many get another owner when a node comes or goes. Nothing is measured: it is computed.</summary>
internal static class BalanceFigures
{
    private const int Partners = 50_000;
    private const int MorePartners = 1_000_000;

    public static int Run(TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Partners} partners in {Placement.Shards} shards; in percent: least, most and standard deviation of the partners of a node against the mean, and partners that move"));
        output.WriteLine("nodes     least      most    stddev   moved when one joins (ideal)   moved when one leaves (ideal)");
        var shards = ShardsOf(Partners);
        for (var nodes = 2; nodes <= 16; nodes++)
        {
            Line(output, nodes, shards);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{MorePartners} partners"));
        shards = ShardsOf(MorePartners);
        Line(output, 16, shards);
        Line(output, 50, shards);
        return 0;
    }

    private static void Line(TextWriter output, int nodes, int[] shards)
    {
        var now = OwnersOf(nodes);
        var counts = shards.GroupBy(shard => now[shard], StringComparer.Ordinal).Select(static owner => (double)owner.Count()).ToArray();
        var mean = (double)shards.Length / nodes;
        var deviation = Math.Sqrt(counts.Sum(count => (count - mean) * (count - mean)) / nodes);
        var joined = Moved(shards, now, OwnersOf(nodes + 1));
        var left = Enumerable.Range(1, nodes).Average(gone => Moved(shards, now, OwnersOf(nodes, gone)));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{nodes,5} {Percent(counts.Min() / mean),9} {Percent(counts.Max() / mean),9} {Percent(deviation / mean),9} {Percent(joined),21} ({Percent(1.0 / (nodes + 1))}) {Percent(left),22} ({Percent(1.0 / nodes)})"));
    }

    private static double Moved(int[] shards, string?[] before, string?[] after)
        => (double)shards.Count(shard => !string.Equals(before[shard], after[shard], StringComparison.Ordinal)) / shards.Length;

    private static int[] ShardsOf(int partners)
        => [.. Enumerable.Range(0, partners).Select(static i => Placement.ShardOf(string.Create(CultureInfo.InvariantCulture, $"partner-{i:D6}.example")))];

    // As edge-1, edge-2 and so on; one of them may be gone.
    private static string?[] OwnersOf(int nodes, int gone = 0)
    {
        var records = Enumerable.Range(1, nodes).Where(node => node != gone)
            .Select(static node => new NodeRecord(string.Create(CultureInfo.InvariantCulture, $"edge-{node}"), "pool", "", "", ""));
        return Placement.OwnersOf(new PoolView(1, records.ToImmutableSortedDictionary(static record => record.Name, static record => record, StringComparer.Ordinal)));
    }

    private static string Percent(double part) => (part * 100).ToString("0.0", CultureInfo.InvariantCulture);
}
