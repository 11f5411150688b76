using System.Text;

namespace EdgePool.Policy.Tables;

/// <summary>Namespace names. One that ends in <c>*</c> stands for all that begin so; <c>*</c> alone for all. Immutable; asking allocates nothing.</summary>
public sealed class NamespaceSet
{
    private readonly Utf8Set exact;
    private readonly byte[][] prefixes;

    /// <summary>Builds a set.</summary>
    public NamespaceSet(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        Names = names;
        prefixes = [.. names.Where(IsPrefix).Select(name => Encoding.UTF8.GetBytes(name[..^1]))];
        exact = new Utf8Set([.. names.Where(name => !IsPrefix(name)).Select(Encoding.UTF8.GetBytes)]);
    }

    /// <summary>As written.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The name is in the set.</summary>
    public bool Contains(ReadOnlySpan<byte> name)
    {
        if (exact.Contains(name))
            return true;
        foreach (var prefix in prefixes)
        {
            // Names begin alike; where the prefix ends, they differ.
            var last = prefix.Length - 1;
            if (last < 0 || (name.Length > last && name[last] == prefix[last] && name.StartsWith(prefix)))
                return true;
        }

        return false;
    }

    private static bool IsPrefix(string name) => name.EndsWith('*');
}
