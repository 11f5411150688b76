using System.Text.Json;

namespace EdgePool.Server.Demo.Load;

/// <summary>Several flows together.</summary>
/// <param name="Flows">The flows.</param>
/// <param name="Elapsed">From the first message to the last.</param>
internal sealed record FlowTotals(IReadOnlyList<NumberedFlow> Flows, TimeSpan Elapsed)
{
    /// <summary>Each message once.</summary>
    public long Received => Flows.Sum(static flow => flow.Received);

    /// <summary>Sent, and neither arrived nor answered by an error.</summary>
    public long Missing => Flows.Sum(static flow => flow.Missing);

    public long Duplicated => Flows.Sum(static flow => flow.Duplicated);

    public long Misordered => Flows.Sum(static flow => flow.Misordered);

    public long Damaged => Flows.Sum(static flow => flow.Damaged);

    public double PerSecond => Elapsed > TimeSpan.Zero ? Received / Elapsed.TotalSeconds : 0;

    /// <summary>One way, in microseconds.</summary>
    public long Percentile(double share) => LatencyHistogram.Percentile(share, [.. Flows.Select(static flow => flow.Latency)]);

    /// <summary>The fields that every demo's result ends with.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteNumber("duplicated", Duplicated);
        json.WriteNumber("misordered", Misordered);
        json.WriteNumber("damaged", Damaged);
        json.WriteNumber("seconds", Math.Round(Elapsed.TotalSeconds, 3));
        json.WriteNumber("stanzasPerSecond", Math.Round(PerSecond, 1));
        json.WriteNumber("p50Micros", Percentile(0.50));
        json.WriteNumber("p99Micros", Percentile(0.99));
    }
}
