namespace EdgePool.Edge.Partners;

/// <summary>Something about each of so many domains; the one that was written least lately makes room. Not for use by two threads at a time.</summary>
/// <param name="most">Domains.</param>
internal sealed class DomainTable<T>(int most)
    where T : class
{
    private readonly Dictionary<string, LinkedListNode<(string Domain, T Value)>> values = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Domain, T Value)> byAge = new();

    /// <summary>What is known of a domain (A-labels); null: nothing.</summary>
    public T? Find(string domain) => values.TryGetValue(domain, out var node) ? node.Value.Value : null;

    /// <summary>How many.</summary>
    public int Count => values.Count;

    /// <summary>Writes it.</summary>
    /// <returns>The domain that has made room; null: there was room.</returns>
    public string? Put(string domain, T value)
    {
        Remove(domain);
        values[domain] = byAge.AddLast((domain, value));
        if (values.Count <= most)
            return null;
        var oldest = byAge.First!.Value.Domain;
        Remove(oldest);
        return oldest;
    }

    /// <summary>Forgets a domain; false: nothing was known.</summary>
    public bool Remove(string domain)
    {
        if (!values.Remove(domain, out var node))
            return false;
        byAge.Remove(node);
        return true;
    }
}
