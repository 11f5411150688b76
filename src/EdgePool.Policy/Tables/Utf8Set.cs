namespace EdgePool.Policy.Tables;

/// <summary>An immutable set of UTF-8 keys. Most sets of rules have a few: those are compared one by one, where one of that length is there at all.</summary>
internal sealed class Utf8Set
{
    private const int Few = 16;

    private readonly byte[][] keys;
    private readonly Utf8Table<bool>? table;

    // Bit n: a key of n bytes is there; the last bit stands for all longer ones.
    private readonly ulong lengths;

    public Utf8Set(IReadOnlyCollection<byte[]> keys)
    {
        this.keys = keys.Count <= Few ? [.. keys] : [];
        foreach (var key in keys)
            lengths |= Bit(key.Length);
        if (keys.Count <= Few)
            return;
        var builder = new Utf8Table<bool>.Builder(keys.Count);
        foreach (var key in keys)
            builder.TryAdd(key, value: true);
        table = builder.Build();
    }

    public bool Contains(ReadOnlySpan<byte> key)
    {
        if ((lengths & Bit(key.Length)) == 0)
            return false;
        if (table is not null)
            return table.Contains(key);
        foreach (var known in keys)
        {
            if (known.Length == key.Length && key.SequenceEqual(known))
                return true;
        }

        return false;
    }

    private static ulong Bit(int length) => 1UL << Math.Min(length, 63);
}
