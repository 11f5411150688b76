using System.Buffers;
using System.Text.Json;
using EdgePool.Cluster.Peers;

namespace EdgePool.Server.Arrivals;

/// <summary>The domains that have streams to a node, as they cross a link: a JSON object with the age of each domain's youngest stream in seconds.</summary>
internal static class ArrivalCodec
{
    private const int LongestDomain = 255;

    /// <summary>Writes those that came last, as many as one answer takes.</summary>
    public static ReadOnlyMemory<byte> ToBytes(IEnumerable<(string Domain, TimeSpan Came)> arrivals)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (domain, came) in arrivals.OrderBy(arrival => arrival.Came))
            {
                if (json.BytesCommitted + json.BytesPending > IPeerNetwork.Longest - (2 * LongestDomain))
                {
                    break;
                }

                json.WriteNumber(domain, (long)came.TotalSeconds);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Reads; of what is something else, as much as can be read.</summary>
    public static IReadOnlyList<(string Domain, TimeSpan Came)> Read(ReadOnlySpan<byte> told)
    {
        var arrivals = new List<(string Domain, TimeSpan Came)>();
        try
        {
            var json = new Utf8JsonReader(told);
            for (string? domain = null; json.Read();)
            {
                if (json.TokenType is JsonTokenType.PropertyName)
                {
                    domain = json.GetString();
                }
                else if (json.TokenType is JsonTokenType.Number && domain is { Length: > 0 and <= LongestDomain } && json.TryGetUInt32(out var seconds))
                {
                    arrivals.Add((domain, TimeSpan.FromSeconds(seconds)));
                }
            }
        }
        catch (Exception other) when (other is JsonException or InvalidOperationException)
        {
            // It is no JSON, or a name in it no text: a newer program may tell it otherwise.
        }

        return arrivals;
    }
}
