using System.Text;

namespace EdgePool.Edge.Partners;

/// <summary>A local user and a remote one as the stanza path has them: canonical JIDs in UTF-8.</summary>
internal readonly ref struct AddressPair(ReadOnlySpan<byte> local, ReadOnlySpan<byte> remote)
{
    public ReadOnlySpan<byte> Local { get; } = local;

    public ReadOnlySpan<byte> Remote { get; } = remote;
}

/// <summary>The same as a table keeps it: both addresses in one array.</summary>
internal readonly struct AddressPairKey
{
    private readonly byte[] addresses;
    private readonly int localLength;

    public AddressPairKey(AddressPair pair)
    {
        addresses = [.. pair.Local, .. pair.Remote];
        localLength = pair.Local.Length;
    }

    public AddressPair Pair => new(addresses.AsSpan(0, localLength), addresses.AsSpan(localLength));

    public string Local => Encoding.UTF8.GetString(Pair.Local);

    public string Remote => Encoding.UTF8.GetString(Pair.Remote);
}

/// <summary>Lets a table of <see cref="AddressPairKey"/> be asked with a <see cref="AddressPair"/>, so that the stanza path makes no key.</summary>
internal sealed class AddressPairComparer : IEqualityComparer<AddressPairKey>, IAlternateEqualityComparer<AddressPair, AddressPairKey>
{
    private AddressPairComparer()
    {
    }

    public static AddressPairComparer Instance { get; } = new();

    public bool Equals(AddressPairKey x, AddressPairKey y) => Equals(x.Pair, y);

    public bool Equals(AddressPair alternate, AddressPairKey other)
        => alternate.Local.SequenceEqual(other.Pair.Local) && alternate.Remote.SequenceEqual(other.Pair.Remote);

    public int GetHashCode(AddressPairKey obj) => GetHashCode(obj.Pair);

    /// <summary>The seed differs from process to process.</summary>
    public int GetHashCode(AddressPair alternate)
    {
        var hash = default(HashCode);
        hash.AddBytes(alternate.Local);
        hash.AddBytes(alternate.Remote);
        return hash.ToHashCode();
    }

    public AddressPairKey Create(AddressPair alternate) => new(alternate);
}
