using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgePool.Server.Advertising;

/// <summary>What the advertiser tells the cluster: who it is, and how DNS stands to the topology.</summary>
/// <param name="Node">The advertiser.</param>
/// <param name="Version">The version of the topology that it looked at.</param>
/// <param name="Checked">When, by its clock; null: it has not looked yet.</param>
/// <param name="Publishes">It brings the records to the zones' primary servers.</param>
/// <param name="Problems">What is wrong, in words, at most <see cref="MostProblems"/>.</param>
/// <param name="More">How many more there are.</param>
internal sealed record AdvertiserReport(string Node, long Version, DateTimeOffset? Checked, bool Publishes, IReadOnlyList<string> Problems, int More)
{
    /// <summary>So many problems are told; with <see cref="LongestProblem"/>, what a key may hold even where JSON takes six bytes for each character.</summary>
    public const int MostProblems = 40;

    /// <summary>Characters of a problem; the rest is cut.</summary>
    public const int LongestProblem = 250;

    /// <summary>A report of what was found, cut to what it may be.</summary>
    public static AdvertiserReport Of(string node, long version, DateTimeOffset at, bool publishes, IReadOnlyCollection<string> problems)
        => new(node, version, at, publishes, [.. problems.Take(MostProblems).Select(problem => problem.Length > LongestProblem ? problem[..LongestProblem] + "…" : problem)], Math.Max(0, problems.Count - MostProblems));

    /// <summary>For the store.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, AdvertiserJson.Default.AdvertiserReport);

    /// <summary>Null: it says something else; a newer program may write what this one does not read.</summary>
    public static AdvertiserReport? Read(ReadOnlySpan<byte> said)
    {
        try
        {
            return JsonSerializer.Deserialize(said, AdvertiserJson.Default.AdvertiserReport) is { Node: not null, Problems: not null } report ? report : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AdvertiserReport))]
internal sealed partial class AdvertiserJson : JsonSerializerContext;
