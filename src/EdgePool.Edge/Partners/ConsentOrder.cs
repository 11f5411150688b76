namespace EdgePool.Edge.Partners;

/// <summary>The pairs that stand under each partner, by the UTF-8 bytes of local, then remote address. For one thread at a time.</summary>
internal sealed class ConsentOrder
{
    private static readonly Comparer<AddressPairKey> ByAddress = Comparer<AddressPairKey>.Create(
        static (a, b) => a.Pair.Local.SequenceCompareTo(b.Pair.Local) is not 0 and var order ? order : a.Pair.Remote.SequenceCompareTo(b.Pair.Remote));

    private readonly Dictionary<string, SortedSet<AddressPairKey>> partners = new(StringComparer.Ordinal);

    public int CountOf(string partner) => partners.TryGetValue(partner, out var pairs) ? pairs.Count : 0;

    public void Add(string partner, AddressPairKey pair)
    {
        if (!partners.TryGetValue(partner, out var pairs))
            partners.Add(partner, pairs = new SortedSet<AddressPairKey>(ByAddress));
        pairs.Add(pair);
    }

    public void Remove(string partner, AddressPairKey pair)
    {
        var pairs = partners[partner];
        pairs.Remove(pair);
        if (pairs.Count == 0)
            partners.Remove(partner);
    }

    /// <summary>The next pairs of one partner, or of all.</summary>
    public List<AddressPairKey> Behind(string? partner, AddressPairKey? after, int atMost)
    {
        if (partner is not null)
            return partners.TryGetValue(partner, out var pairs) ? [.. Behind(pairs, after).Take(atMost)] : [];
        var heads = new PriorityQueue<IEnumerator<AddressPairKey>, AddressPairKey>(ByAddress);
        foreach (var pairs in partners.Values)
            Next(heads, Behind(pairs, after).GetEnumerator());
        var page = new List<AddressPairKey>();
        while (page.Count < atMost && heads.TryDequeue(out var first, out var pair))
        {
            page.Add(pair);
            Next(heads, first);
        }

        return page;
    }

    private static void Next(PriorityQueue<IEnumerator<AddressPairKey>, AddressPairKey> heads, IEnumerator<AddressPairKey> pairs)
    {
        if (pairs.MoveNext())
            heads.Enqueue(pairs, pairs.Current);
    }

    private static IEnumerable<AddressPairKey> Behind(SortedSet<AddressPairKey> pairs, AddressPairKey? after)
        => after is not { } last ? pairs
            : ByAddress.Compare(last, pairs.Max) >= 0 ? []
            : pairs.GetViewBetween(last, pairs.Max).SkipWhile(pair => ByAddress.Compare(pair, last) == 0);
}
