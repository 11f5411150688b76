using System.Text;

namespace EdgePool.Policy.Tables;

/// <summary>Namespace names. One that ends in <c>*</c> stands for all that begin so; <c>*</c> alone for all. Immutable; asking allocates nothing.</summary>
public sealed class NamespaceSet
{
    private readonly Utf8Table<bool> exact;
    private readonly byte[][] prefixes;

    // Bit n: a name of n bytes is among the exact ones; the last bit stands for all longer ones.
    private readonly ulong lengths;

    /// <summary>Builds a set.</summary>
    public NamespaceSet(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        Names = names;
        prefixes = [.. names.Where(IsPrefix).Select(name => Encoding.UTF8.GetBytes(name[..^1]))];
        var builder = new Utf8Table<bool>.Builder(names.Count);
        foreach (var name in names.Where(name => !IsPrefix(name)).Select(Encoding.UTF8.GetBytes))
        {
            builder.TryAdd(name, value: true);
            lengths |= Bit(name.Length);
        }

        exact = builder.Build();
    }

    /// <summary>As written.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The name is in the set.</summary>
    public bool Contains(ReadOnlySpan<byte> name)
    {
        if ((lengths & Bit(name.Length)) != 0 && exact.Contains(name))
            return true;
        foreach (var prefix in prefixes)
        {
            if (name.StartsWith(prefix))
                return true;
        }

        return false;
    }

    private static bool IsPrefix(string name) => name.EndsWith('*');

    private static ulong Bit(int length) => 1UL << Math.Min(length, 63);
}
