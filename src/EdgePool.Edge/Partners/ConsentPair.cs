using System.Text;

namespace EdgePool.Edge.Partners;

/// <summary>A local user and a contact as the stanza path has them: canonical bare JIDs in UTF-8.</summary>
internal readonly ref struct ConsentPair(ReadOnlySpan<byte> local, ReadOnlySpan<byte> remote)
{
    public ReadOnlySpan<byte> Local { get; } = local;

    public ReadOnlySpan<byte> Remote { get; } = remote;
}

/// <summary>The same as a table keeps it: both addresses in one array.</summary>
internal readonly struct ConsentKey
{
    private readonly byte[] addresses;
    private readonly int localLength;

    public ConsentKey(ConsentPair pair)
    {
        addresses = [.. pair.Local, .. pair.Remote];
        localLength = pair.Local.Length;
    }

    public ConsentPair Pair => new(addresses.AsSpan(0, localLength), addresses.AsSpan(localLength));

    public string Local => Encoding.UTF8.GetString(Pair.Local);

    public string Remote => Encoding.UTF8.GetString(Pair.Remote);
}

/// <summary>Lets a table of <see cref="ConsentKey"/> be asked with a <see cref="ConsentPair"/>, so that the stanza path makes no key.</summary>
internal sealed class ConsentKeyComparer : IEqualityComparer<ConsentKey>, IAlternateEqualityComparer<ConsentPair, ConsentKey>
{
    private ConsentKeyComparer()
    {
    }

    public static ConsentKeyComparer Instance { get; } = new();

    public bool Equals(ConsentKey x, ConsentKey y) => Equals(x.Pair, y);

    public bool Equals(ConsentPair alternate, ConsentKey other)
        => alternate.Local.SequenceEqual(other.Pair.Local) && alternate.Remote.SequenceEqual(other.Pair.Remote);

    public int GetHashCode(ConsentKey obj) => GetHashCode(obj.Pair);

    /// <summary>The seed differs from process to process.</summary>
    public int GetHashCode(ConsentPair alternate)
    {
        var hash = default(HashCode);
        hash.AddBytes(alternate.Local);
        hash.AddBytes(alternate.Remote);
        return hash.ToHashCode();
    }

    public ConsentKey Create(ConsentPair alternate) => new(alternate);
}
