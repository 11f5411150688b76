namespace EdgePool.Cluster.Sharding;

/// <summary>
/// Rendezvous hashing: of several nodes, the one whose weight for a thing is highest has it. All nodes compute the same weights without a word, and one that comes or goes moves only what
/// it gets or had. Nothing here allocates.
/// </summary>
public static class Rendezvous
{
    private const ulong Basis = 14695981039346656037UL;

    /// <summary>FNV-1a, 64 bits.</summary>
    public static ulong Hash(ReadOnlySpan<byte> text) => Hash(text, Basis);

    /// <summary>Likewise, of a text that follows one whose hash is known.</summary>
    public static ulong Hash(ReadOnlySpan<byte> text, ulong before)
    {
        foreach (var octet in text)
        {
            before = (before ^ octet) * 1099511628211UL;
        }

        return before;
    }

    /// <summary>Spreads every bit over all (the finaliser of SplitMix64).</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9UL;
        value = (value ^ (value >> 27)) * 0x94d049bb133111ebUL;
        return value ^ (value >> 31);
    }
}
