using System.Collections.Immutable;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Spaces;

namespace EdgePool.Cluster.Etcd.Documents;

/// <summary>The newest version of a document, and how many are kept.</summary>
internal sealed record NewestVersion(DocumentVersion Version, int Kept);

/// <summary>All documents at one revision.</summary>
/// <param name="Head">The space's head, whose revision it is.</param>
/// <param name="Newest">Every document that is known, deleted ones too.</param>
internal sealed record DocumentState(SpaceHead Head, ImmutableSortedDictionary<DocumentKey, NewestVersion> Newest)
{
    private readonly Lazy<DocumentSet> set = new(() => new DocumentSet(
        Head.Value.Revision,
        [.. Newest.Values.Where(static n => n.Version.Body is not null).Select(static n => Stored(n.Version))]));

    public static DocumentState Empty { get; } = new(SpaceHead.None, ImmutableSortedDictionary.Create<DocumentKey, NewestVersion>(DocumentOrder.Instance));

    public long Revision => Head.Value.Revision;

    public DocumentSet Set => set.Value;

    /// <summary>What has changed since a revision below this one.</summary>
    public DocumentUpdate Since(long after)
    {
        // Who has nothing needs no deletions.
        var isWhole = after <= 0 || after < Head.Value.Forgotten;
        var changed = Newest.Values.Select(static n => n.Version).Where(v => isWhole ? v.Body is not null : v.Version > after).OrderBy(static v => v.Version);
        return new DocumentUpdate(after, Revision, isWhole, [.. changed]);
    }

    public StoredDocument? Current(DocumentKey key) => Newest.TryGetValue(key, out var newest) && newest.Version.Body is not null ? Stored(newest.Version) : null;

    private static StoredDocument Stored(DocumentVersion version) => new(version.Key, version.Version, version.Body!, version.By);
}
