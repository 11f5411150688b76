using EdgePool.Cluster.Documents;
using EdgePool.Policy.Documents;

namespace EdgePool.Edge.Partners;

/// <summary>The documents of a store as this node knows them, at one revision. For one thread at a time.</summary>
internal sealed class DocumentTable
{
    private readonly SortedDictionary<DocumentKey, PolicyDocument> documents = new(ByName.Instance);

    /// <summary>The revision that the documents are of.</summary>
    public long Revision { get; private set; }

    /// <summary>All of them, by kind and name.</summary>
    public IReadOnlyList<PolicyDocument> All => [.. documents.Values];

    /// <summary>Starts anew from one reading.</summary>
    public void Load(DocumentSet set)
    {
        documents.Clear();
        foreach (var stored in set.Documents)
            documents.Add(stored.Key, new PolicyDocument(stored.Key.Kind, stored.Key.Name, stored.Version, stored.Body));
        Revision = set.Revision;
    }

    /// <summary>Follows the store.</summary>
    public void Apply(DocumentUpdate update)
    {
        if (update.IsWhole)
            documents.Clear();
        foreach (var (key, version, body, _) in update.Changed)
            Set(documents, key, version, body);
        Revision = update.Revision;
    }

    /// <summary>The documents as they would be with these changes; those changed have the version 0.</summary>
    public IReadOnlyList<PolicyDocument> With(IReadOnlyList<DocumentChange> changes)
    {
        var changed = new SortedDictionary<DocumentKey, PolicyDocument>(documents, ByName.Instance);
        foreach (var change in changes)
            Set(changed, change.Key, version: 0, change.Body);
        return [.. changed.Values];
    }

    private static void Set(SortedDictionary<DocumentKey, PolicyDocument> documents, DocumentKey key, long version, string? body)
    {
        if (body is null)
            documents.Remove(key);
        else
            documents[key] = new PolicyDocument(key.Kind, key.Name, version, body);
    }

    private sealed class ByName : IComparer<DocumentKey>
    {
        public static ByName Instance { get; } = new();

        public int Compare(DocumentKey x, DocumentKey y)
            => string.CompareOrdinal(x.Kind, y.Kind) is not 0 and var byKind ? byKind : string.CompareOrdinal(x.Name, y.Name);
    }
}
