using System.Text.Json;
using System.Text.Json.Serialization;
using EdgePool.Edge;

namespace EdgePool.Server.Pool;

/// <summary>What a node tells another one that asks: what changes too often for its record.</summary>
/// <param name="Uncertain">See <see cref="EdgeNode.UncertainStanzas"/>.</param>
/// <param name="Links">The nodes that it has a link to.</param>
internal sealed record NodeTold(long Uncertain, IReadOnlyList<string> Links)
{
    /// <summary>Of this node, at this moment.</summary>
    public static NodeTold Of(EdgeNode node) => new(node.UncertainStanzas, [.. node.LinkedNodes.Order(StringComparer.Ordinal)]);

    /// <summary>As it crosses a link.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, NodeToldJson.Default.NodeTold);

    /// <summary>Null: it says something else.</summary>
    public static NodeTold? Read(ReadOnlySpan<byte> told)
    {
        try
        {
            return JsonSerializer.Deserialize(told, NodeToldJson.Default.NodeTold) is { Links: not null } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NodeTold))]
internal sealed partial class NodeToldJson : JsonSerializerContext;
