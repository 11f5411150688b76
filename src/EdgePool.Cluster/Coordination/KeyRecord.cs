using System.Collections.Immutable;

namespace EdgePool.Cluster.Coordination;

/// <summary>A key as it stands.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">At most <see cref="CoordinationLimits.MaxValueBytes"/>; nobody writes into it.</param>
/// <param name="Created">The revision that made it: the same until it is deleted, higher when it is made again.</param>
/// <param name="Changed">The revision that last wrote it.</param>
/// <param name="Lease">What it goes with; 0: it stays.</param>
public sealed record KeyRecord(string Key, ReadOnlyMemory<byte> Value, long Created, long Changed, long Lease);

/// <summary>The keys under a prefix, at one revision.</summary>
/// <param name="Revision">Of the whole store; it never falls.</param>
/// <param name="Keys">By name.</param>
public sealed record KeySet(long Revision, ImmutableSortedDictionary<string, KeyRecord> Keys);

/// <summary>A key that a commit writes or deletes.</summary>
/// <param name="Key">Its name: 1 to <see cref="CoordinationLimits.MaxKeyBytes"/> bytes of UTF-8.</param>
/// <param name="Value">Its new value; null: it is deleted, if it is there.</param>
/// <param name="Lease">What it goes with from now on; 0: it stays.</param>
public sealed record KeyChange(string Key, ReadOnlyMemory<byte>? Value, long Lease = 0);

/// <summary>What must hold of a key for a commit to be made.</summary>
public sealed record Condition
{
    private Condition(string key, long? created, long? changed) => (Key, Created, Changed) = (key, created, changed);

    /// <summary>The key.</summary>
    public string Key { get; }

    /// <summary>Its <see cref="KeyRecord.Created"/>, 0 where it is absent; null: any.</summary>
    public long? Created { get; }

    /// <summary>Its <see cref="KeyRecord.Changed"/>; null: any.</summary>
    public long? Changed { get; }

    /// <summary>There is no such key.</summary>
    public static Condition Absent(string key) => new(key, 0, changed: null);

    /// <summary>The key is the one that was made at this revision.</summary>
    public static Condition CreatedAt(string key, long revision) => new(key, revision, changed: null);

    /// <summary>Nobody has written the key since this revision.</summary>
    public static Condition ChangedAt(string key, long revision) => new(key, created: null, revision);
}

/// <summary>What a coordinator takes.</summary>
public static class CoordinationLimits
{
    /// <summary>Bytes of UTF-8 of a key.</summary>
    public const int MaxKeyBytes = 1024;

    /// <summary>Bytes of a value.</summary>
    public const int MaxValueBytes = 64 * 1024;

    /// <summary>Changes of a commit; as many conditions. (etcd's default for the operations of a transaction.)</summary>
    public const int MaxChanges = 128;
}
