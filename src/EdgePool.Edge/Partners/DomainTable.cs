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

    /// <summary>Writes it.</summary>
    public void Put(string domain, T value)
    {
        Remove(domain);
        values[domain] = byAge.AddLast((domain, value));
        if (values.Count > most)
            Remove(byAge.First!.Value.Domain);
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
