using EdgePool.Cluster.Etcd.Messages;

namespace EdgePool.Cluster.Etcd.Spaces;

/// <summary>The head of a space as it stood at a revision of etcd's.</summary>
/// <param name="Changed">etcd's revision that wrote it; 0: nothing has ever been written.</param>
/// <param name="Value">Nobody writes into it.</param>
internal sealed record SpaceHead(long Changed, Head Value)
{
    public static SpaceHead None { get; } = new(0, new Head());

    /// <summary>The format that this program writes. It rises when older programs would not understand, or would lose, what is written.</summary>
    public const int Schema = 1;

    /// <summary>True: a part of the newest batch is not where it belongs yet.</summary>
    public bool IsStaged => Value.Staged > 0;

    public static SpaceHead Of(KeyValue kv) => new(kv.ModRevision, Head.Parser.ParseFrom(kv.Value));
}
