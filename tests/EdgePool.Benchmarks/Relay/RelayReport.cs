using System.Globalization;
using System.Text.Json;
using EdgePool.Server.Demo.Load;

namespace EdgePool.Benchmarks.Relay;

/// <summary>As many as go.</summary>
internal sealed record ThroughputFigures(long Stanzas, double Seconds, double StanzasPerSecond, double EdgeCpuSeconds, double StanzasPerCpuSecond, double CpuSecondsPerMillion, long Lost);

/// <summary>At a fixed rate, one way through the edge.</summary>
internal sealed record LatencyFigures(int Rate, long Stanzas, long P50Micros, long P90Micros, long P99Micros, long P999Micros, double CpuSecondsPerMillion, long Lost);

/// <summary>Streams that are authenticated and still.</summary>
internal sealed record IdleFigures(int Streams, long BytesPerStream, double CpuMillisecondsPerHandshake, long ResidentBytesBefore, long ResidentBytesAfter);

/// <summary>All that was measured; null: left out.</summary>
internal sealed record RelayReport(string Direction, int Streams, ThroughputFigures? Throughput, LatencyFigures? Latency, IdleFigures? Idle)
{
    private static readonly JsonSerializerOptions Names = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public bool IsGood => (Throughput?.Lost ?? 0) == 0 && (Latency?.Lost ?? 0) == 0;

    /// <summary>Everything wrong with flows: missing, doubled, out of order or damaged.</summary>
    public static long Wrong(IEnumerable<NumberedFlow> flows) => flows.Sum(flow => flow.Missing + flow.Duplicated + flow.Misordered + flow.Damaged);

    public string ToJson() => JsonSerializer.Serialize(this, Names);

    public void Write(TextWriter target)
    {
        target.WriteLine($"relay {Direction}, {Text(Streams)} stream{(Streams == 1 ? "" : "s")}, messages of {Text(NumberedMessage.Length)} bytes; CPU and memory of the edge's process alone");
        if (Throughput is { } fast)
        {
            Line(target, "as many as go", $"{Text(fast.Stanzas)} stanzas in {Text(fast.Seconds)} s: {Text(fast.StanzasPerSecond)} a second");
            Line(target, "stanzas per CPU-second", Text(fast.StanzasPerCpuSecond));
            Line(target, "CPU-seconds per million", Text(fast.CpuSecondsPerMillion));
            Line(target, "lost or wrong", Text(fast.Lost));
        }

        if (Latency is { } paced)
        {
            Line(target, $"latency at {Text(paced.Rate)}/s", $"p50 {Text(paced.P50Micros)} µs, p90 {Text(paced.P90Micros)} µs, p99 {Text(paced.P99Micros)} µs, p99.9 {Text(paced.P999Micros)} µs");
            Line(target, "CPU-seconds per million", Text(paced.CpuSecondsPerMillion));
            Line(target, "lost or wrong", Text(paced.Lost));
        }

        if (Idle is { } still)
        {
            Line(target, "idle streams", Text(still.Streams));
            Line(target, "bytes per idle stream", $"{Text(still.BytesPerStream)} (resident {Text(still.ResidentBytesBefore)} before, {Text(still.ResidentBytesAfter)} after)");
            Line(target, "CPU ms per handshake", Text(still.CpuMillisecondsPerHandshake));
        }
    }

    private static void Line(TextWriter target, string name, string value) => target.WriteLine($"  {name,-26}{value}");

    private static string Text(double number) => number.ToString(Math.Abs(number) < 100 && number % 1 != 0 ? "0.00" : "0", CultureInfo.InvariantCulture);
}
