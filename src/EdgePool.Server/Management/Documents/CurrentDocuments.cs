using EdgePool.Cluster.Documents;
using EdgePool.Policy.Documents;

namespace EdgePool.Server.Management.Documents;

/// <summary>Documents as they stand in the store.</summary>
internal static class CurrentDocuments
{
    /// <summary>So many are fetched one by one: of more, one reading of everything costs less.</summary>
    private const int FewDocuments = 64;

    /// <summary>Those of these keys that there are.</summary>
    public static async Task<Dictionary<DocumentKey, DocumentVersion>> ReadAsync(IDocumentStore store, IReadOnlyList<DocumentKey> keys, CancellationToken cancellation)
    {
        if (keys.Count > FewDocuments)
        {
            var wanted = keys.ToHashSet();
            var all = await store.ReadAsync(cancellation);
            return all.Documents
                .Where(document => wanted.Contains(document.Key))
                .ToDictionary(document => document.Key, document => new DocumentVersion(document.Key, document.Version, document.Body, document.By));
        }

        var found = new Dictionary<DocumentKey, DocumentVersion>(keys.Count);
        foreach (var key in keys)
        {
            if (await ReadAsync(store, key, cancellation) is { } document)
            {
                found.Add(key, document);
            }
        }

        return found;
    }

    /// <summary>One document; null where there is none.</summary>
    public static async Task<DocumentVersion?> ReadAsync(IDocumentStore store, DocumentKey key, CancellationToken cancellation)
        => await store.HistoryAsync(key, 1, cancellation) is [{ Body: not null } newest] ? newest : null;

    /// <summary>The name that may have been meant where there is none of that name.</summary>
    public static async Task<string?> NearestAsync(IDocumentStore store, DocumentKey key, CancellationToken cancellation)
    {
        var all = await store.ReadAsync(cancellation);
        return Spelling.Nearest(key.Name, all.Documents.Where(document => string.Equals(document.Key.Kind, key.Kind, StringComparison.Ordinal)).Select(document => document.Key.Name));
    }
}
