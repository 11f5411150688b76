using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Etcd.Documents;

/// <summary>The order of the UTF-8 bytes of kind, then name.</summary>
internal sealed class DocumentOrder : IComparer<DocumentKey>
{
    public static DocumentOrder Instance { get; } = new();

    public int Compare(DocumentKey x, DocumentKey y) => Compare(x.Kind, y.Kind) is not 0 and var kinds ? kinds : Compare(x.Name, y.Name);

    private static int Compare(string x, string y)
    {
        var same = x.AsSpan().CommonPrefixLength(y);
        return same == x.Length || same == y.Length ? x.Length - y.Length : Weight(x[same]) - Weight(y[same]);
    }

    // Half a surrogate pair stands for a code point above all others.
    private static int Weight(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
}
