using System.Buffers;
using System.Text;
using System.Text.Json;
using EdgePool.Edge.Telemetry;
using EdgePool.Server.Demo.Display;

namespace EdgePool.Server.Demo;

/// <summary>One of the demos.</summary>
internal interface IDemo
{
    /// <summary>Plays it. Cancellation ends it early; all that was sent is still waited for.</summary>
    /// <exception cref="DemoException">Something did not come up.</exception>
    Task<IDemoResult> RunAsync(IDemoDisplay display, RecentWarnings log, CancellationToken cancellation);
}

/// <summary>What a demo came to.</summary>
internal interface IDemoResult
{
    /// <summary>It has shown what it is to show.</summary>
    bool IsGood { get; }

    /// <summary>Writes its fields into an object.</summary>
    void WriteJson(Utf8JsonWriter json);

    /// <summary>Writes what was shown, in words, and what to try next.</summary>
    void WriteText(TextWriter target);
}

/// <summary>Results as JSON.</summary>
internal static class DemoJson
{
    /// <summary>One line, without its end.</summary>
    public static string ToJson(this IDemoResult result)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            result.WriteJson(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>What every account says of stanzas that have ended.</summary>
    public static void WriteLedger(this Utf8JsonWriter json, LedgerSnapshot ledger)
    {
        json.WriteNumber("accepted", ledger.Accepted);
        json.WriteNumber("delivered", ledger.Delivered);
        json.WriteNumber("bounced", ledger.Bounced);
        json.WriteNumber("dropped", ledger.Dropped);
    }

    /// <summary>A time in whole milliseconds; null where it did not come to pass.</summary>
    public static void WriteMillis(this Utf8JsonWriter json, string name, TimeSpan? took)
    {
        if (took is { } span)
        {
            json.WriteNumber(name, Math.Round(span.TotalMilliseconds));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
