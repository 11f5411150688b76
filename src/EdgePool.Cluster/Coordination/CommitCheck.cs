using System.Text;

namespace EdgePool.Cluster.Coordination;

/// <summary>What every coordinator demands of a commit before it looks at its keys.</summary>
internal static class CommitCheck
{
    /// <exception cref="ArgumentException">It exceeds a limit, or names a key twice.</exception>
    public static void Demand(IReadOnlyList<Condition> conditions, IReadOnlyList<KeyChange> changes)
    {
        ArgumentNullException.ThrowIfNull(conditions);
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.Count is 0 or > CoordinationLimits.MaxChanges)
        {
            throw new ArgumentException($"a commit has 1 to {CoordinationLimits.MaxChanges} changes, not {changes.Count}", nameof(changes));
        }

        if (conditions.Count > CoordinationLimits.MaxChanges)
        {
            throw new ArgumentException($"a commit has at most {CoordinationLimits.MaxChanges} conditions, not {conditions.Count}", nameof(conditions));
        }

        Demand(conditions.Select(static c => c.Key), nameof(conditions));
        Demand(changes.Select(static c => c.Key), nameof(changes));
        if (changes.FirstOrDefault(static c => c.Value?.Length > CoordinationLimits.MaxValueBytes) is { } large)
        {
            throw new ArgumentException($"the value of '{large.Key}' has {large.Value!.Value.Length} bytes; it may have {CoordinationLimits.MaxValueBytes}", nameof(changes));
        }
    }

    private static void Demand(IEnumerable<string> keys, string parameter)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            if (key.Length == 0 || Encoding.UTF8.GetByteCount(key) > CoordinationLimits.MaxKeyBytes)
            {
                throw new ArgumentException($"a key has 1 to {CoordinationLimits.MaxKeyBytes} bytes of UTF-8", parameter);
            }

            if (!seen.Add(key))
            {
                throw new ArgumentException($"'{key}' is named twice", parameter);
            }
        }
    }
}
