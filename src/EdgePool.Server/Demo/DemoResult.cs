using System.Buffers;
using System.Text;
using System.Text.Json;
using EdgePool.Edge.Telemetry;
using EdgePool.Server.Demo.Load;

namespace EdgePool.Server.Demo;

/// <summary>What the demo came to, read when all has ended.</summary>
/// <param name="Ledger">The node's account.</param>
/// <param name="Requests">From the partner to the component.</param>
/// <param name="Answers">From the component to the partner.</param>
/// <param name="Elapsed">From the first request to the last answer.</param>
internal sealed record DemoResult(LedgerSnapshot Ledger, NumberedFlow Requests, NumberedFlow Answers, TimeSpan Elapsed)
{
    /// <summary>Sent by one end and never arrived at the other.</summary>
    public long Lost => Requests.Missing + Answers.Missing;

    public long Duplicated => Requests.Duplicated + Answers.Duplicated;

    public long Misordered => Requests.Misordered + Answers.Misordered;

    public long Damaged => Requests.Damaged + Answers.Damaged;

    /// <summary>Both directions together.</summary>
    public double StanzasPerSecond => Elapsed > TimeSpan.Zero ? (Requests.Received + Answers.Received) / Elapsed.TotalSeconds : 0;

    /// <summary>One way, in microseconds, over both directions.</summary>
    public long Percentile(double share) => LatencyHistogram.Percentile(share, Requests.Latency, Answers.Latency);

    /// <summary>All arrived once, in order and unchanged, nothing was refused, and the account agrees.</summary>
    public bool IsGood => Ledger is { Balances: true, InFlight: 0, Bounced: 0, Dropped: 0 }
        && Lost == 0 && Duplicated == 0 && Misordered == 0 && Damaged == 0
        && Requests.Received > 0 && Ledger.Delivered == Requests.Received + Answers.Received;

    /// <summary>One line, without its end.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("accepted", Ledger.Accepted);
            json.WriteNumber("delivered", Ledger.Delivered);
            json.WriteNumber("bounced", Ledger.Bounced);
            json.WriteNumber("dropped", Ledger.Dropped);
            json.WriteNumber("inFlight", Ledger.InFlight);
            json.WriteBoolean("balances", Ledger.Balances);
            json.WriteNumber("lost", Lost);
            json.WriteNumber("duplicated", Duplicated);
            json.WriteNumber("misordered", Misordered);
            json.WriteNumber("damaged", Damaged);
            json.WriteNumber("seconds", Math.Round(Elapsed.TotalSeconds, 3));
            json.WriteNumber("stanzasPerSecond", Math.Round(StanzasPerSecond, 1));
            json.WriteNumber("p50Micros", Percentile(0.50));
            json.WriteNumber("p99Micros", Percentile(0.99));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
