using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgePool.Cluster.Coordination;

namespace EdgePool.Cluster.Membership;

/// <summary>What a node tells the others of itself, as long as it is there.</summary>
/// <param name="Name">Its name, one of a kind in the cluster.</param>
/// <param name="Pool">The pool that it belongs to.</param>
/// <param name="Instance">Drawn at the start of the process: tells a node from one that was started again under its name.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Peer">Where other nodes reach it, host:port.</param>
/// <param name="Ready">It can do its job.</param>
/// <param name="Draining">It leaves service, and owns no shard.</param>
/// <param name="Streams">Established streams: its load.</param>
/// <param name="PeerKey">The one key that other nodes take for it: SHA-256 of its SubjectPublicKeyInfo, 64 lower-case hexadecimal digits; null: it has no links.</param>
public sealed record NodeRecord(
    string Name, string Pool, string Instance, string Version, string Peer, bool Ready = true, bool Draining = false, int Streams = 0, string? PeerKey = null)
{
    /// <summary>What the keys of all records begin with.</summary>
    internal const string Prefix = "nodes/";

    /// <summary>When its process started, by its own clock; null: it does not tell.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>The revision of the secrets in common that it has in force; 0: it has none of them.</summary>
    public long Secrets { get; init; }

    /// <summary>The version of the topology that it has in force; 0: it has none.</summary>
    public long Topology { get; init; }

    /// <summary>Since when it has that version, by its own clock; null: it has none.</summary>
    public DateTimeOffset? TopologySince { get; init; }

    /// <summary>Where internal servers reach it, address:port, with a space between two; null: nowhere that it could name.</summary>
    public string? Inner { get; init; }

    /// <summary>What it lacks for its part in the topology, in words; null: nothing.</summary>
    public string? Lacks { get; init; }

    /// <summary>The lease that it stands under.</summary>
    [JsonIgnore]
    public long Lease { get; init; }

    /// <summary>The key of a node's record.</summary>
    public static string KeyOf(string pool, string name) => PrefixOf(pool) + name;

    /// <summary>What the keys of a pool's records begin with.</summary>
    public static string PrefixOf(string pool) => $"{Prefix}{pool}/";

    /// <summary>The nodes of every pool.</summary>
    /// <exception cref="Documents.StoreException">The store does not answer.</exception>
    public static async ValueTask<IReadOnlyList<NodeRecord>> ReadAllAsync(ICoordinator store, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        return [.. (await store.ReadAsync(Prefix, cancellationToken)).Keys.Values.Select(Read).OfType<NodeRecord>()];
    }

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, NodeRecordJson.Default.NodeRecord);

    /// <summary>Null: not a record of a node; a newer program may write what this one does not read.</summary>
    internal static NodeRecord? Read(KeyRecord key)
    {
        try
        {
            return JsonSerializer.Deserialize(key.Value.Span, NodeRecordJson.Default.NodeRecord) is { Name: not null, Pool: not null, Instance: not null } record
                ? record with { Lease = key.Lease }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The nodes of a pool, or of all pools of the cluster, at one moment.</summary>
/// <param name="Revision">The store's; a later view has a higher one.</param>
/// <param name="Nodes">Those that are there, by name.</param>
public sealed record PoolView(long Revision, ImmutableSortedDictionary<string, NodeRecord> Nodes)
{
    /// <summary>Nobody is known yet.</summary>
    public static PoolView Empty { get; } = new(0, ImmutableSortedDictionary.Create<string, NodeRecord>(StringComparer.Ordinal));

    /// <summary>The view that the keys of records give.</summary>
    public static PoolView Of(KeySet keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var nodes = ImmutableSortedDictionary.CreateBuilder<string, NodeRecord>(StringComparer.Ordinal);
        foreach (var key in keys.Keys.Values)
        {
            if (NodeRecord.Read(key) is { } node && string.Equals(key.Key, NodeRecord.KeyOf(node.Pool, node.Name), StringComparison.Ordinal))
            {
                nodes[node.Name] = node;
            }
        }

        return new PoolView(keys.Revision, nodes.ToImmutable());
    }

    /// <summary>Those of one pool alone.</summary>
    public PoolView In(string pool)
    {
        var others = Nodes.Values.Where(node => !string.Equals(node.Pool, pool, StringComparison.Ordinal)).Select(static node => node.Name);
        return this with { Nodes = Nodes.RemoveRange(others) };
    }

    /// <summary>The view that <see cref="ToBytes"/> wrote, of revision 0: nobody knows what has changed since; empty where it cannot be read.</summary>
    public static PoolView Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var nodes = JsonSerializer.Deserialize(bytes, NodeRecordJson.Default.NodeRecordArray) ?? [];
            return Empty with { Nodes = nodes.Where(static node => node is { Name: not null, Pool: not null, Instance: not null }).ToImmutableSortedDictionary(static node => node.Name, static node => node, StringComparer.Ordinal) };
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException)
        {
            return Empty;
        }
    }

    /// <summary>The nodes, for a file.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes([.. Nodes.Values], NodeRecordJson.Default.NodeRecordArray);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NodeRecord))]
[JsonSerializable(typeof(NodeRecord[]))]
internal sealed partial class NodeRecordJson : JsonSerializerContext;
