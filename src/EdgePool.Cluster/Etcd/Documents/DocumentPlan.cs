using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Messages;
using EdgePool.Cluster.Etcd.Spaces;

namespace EdgePool.Cluster.Etcd.Documents;

/// <summary>What a batch means for a state: the head as it will be and what is written and deleted, or why nothing is.</summary>
/// <param name="Next">The head.</param>
/// <param name="Operations">The rest.</param>
/// <param name="Exceeding">Documents of which more versions would be kept than may be, and how many more: their oldest are to be deleted too.</param>
/// <param name="Declined">Not null: nothing can be written.</param>
internal sealed record DocumentPlan(
    Head Next, IReadOnlyList<RequestOp> Operations, IReadOnlyList<(DocumentKey Key, int Count)> Exceeding, WriteOutcome? Declined)
{
    /// <summary>Of a batch that <see cref="DocumentBatch"/> has let pass.</summary>
    public static DocumentPlan Of(DocumentState state, IReadOnlyList<DocumentChange> changes, Authorship by, StoreLimits limits, DocumentKeys keys)
    {
        if (changes.Count == 0)
        {
            return Decline(new WriteOutcome.Written(state.Revision));
        }

        var stale = changes.Select(change => new StaleChange(change, state.Current(change.Key)))
            .Where(static s => s.Change.ExpectedVersion != (s.Current?.Version ?? 0))
            .Take(limits.MaxStaleListed)
            .ToArray();
        if (stale.Length > 0)
        {
            return Decline(new WriteOutcome.Stale(stale));
        }

        var head = state.Head.Value;
        var next = new Head { Revision = head.Revision + 1, Count = head.Count, Deleted = head.Deleted, Forgotten = head.Forgotten, Carried = head.Carried };
        var newest = state.Newest.ToBuilder();
        foreach (var change in changes)
        {
            var before = newest.GetValueOrDefault(change.Key);
            var (existed, exists) = (before?.Version.Body is not null, change.Body is not null);
            next.Count += (exists ? 1 : 0) - (existed ? 1 : 0);
            next.Deleted += (exists ? 0 : 1) - (before is not null && !existed ? 1 : 0);
            newest[change.Key] = new NewestVersion(new DocumentVersion(change.Key, next.Revision, change.Body, by), (before?.Kept ?? 0) + 1);
        }

        if (next.Count > limits.MaxDocuments && next.Count > head.Count)
        {
            return Decline(new WriteOutcome.Refused(new Refusal(RefusalReason.Full, $"the store holds at most {limits.MaxDocuments} documents")));
        }

        var forgotten = Forget(newest, next, limits);
        var written = changes.Select(change => newest.GetValueOrDefault(change.Key)).OfType<NewestVersion>().ToArray();
        return new DocumentPlan(
            next,
            [.. written.SelectMany(n => Puts(n, limits, keys)), .. forgotten.SelectMany(key => Deletes(key, keys))],
            [.. written.Where(n => n.Kept > limits.MaxVersions).Select(n => (n.Version.Key, n.Kept - limits.MaxVersions))],
            Declined: null);
    }

    private static DocumentPlan Decline(WriteOutcome outcome) => new(new Head(), [], [], outcome);

    // Of deleted documents, the longest deleted ones go with their history; readers that have not seen the deletion then read everything.
    private static List<DocumentKey> Forget(System.Collections.Immutable.ImmutableSortedDictionary<DocumentKey, NewestVersion>.Builder newest, Head next, StoreLimits limits)
    {
        var excess = (int)Math.Max(0, next.Deleted - limits.MaxDeleted);
        if (excess == 0)
        {
            return [];
        }

        var longest = newest.Values.Where(static n => n.Version.Body is null).OrderBy(static n => n.Version.Version).Take(excess).Select(static n => n.Version).ToList();
        next.Deleted -= longest.Count;
        next.Forgotten = Math.Max(next.Forgotten, longest[^1].Version);
        newest.RemoveRange(longest.Select(static v => v.Key));
        return longest.ConvertAll(static v => v.Key);
    }

    private static RequestOp[] Puts(NewestVersion newest, StoreLimits limits, DocumentKeys keys)
    {
        var record = DocumentKeys.Write(newest.Version, Math.Min(newest.Kept, limits.MaxVersions));
        return [Space.Put(keys.Now(newest.Version.Key), record), Space.Put(keys.Version(newest.Version.Key, newest.Version.Version), record)];
    }

    private static RequestOp[] Deletes(DocumentKey key, DocumentKeys keys) => [Space.Delete(keys.Now(key)), Space.Delete(keys.Versions(key))];
}
