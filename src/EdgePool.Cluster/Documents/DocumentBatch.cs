using System.Text;

namespace EdgePool.Cluster.Documents;

/// <summary>What every store demands of a batch, judged before anything of it is under way.</summary>
internal static class DocumentBatch
{
    /// <summary>Null: the batch can be written, if its versions are the current ones.</summary>
    public static Refusal? Judge(IReadOnlyList<DocumentChange> changes, string who, string why, StoreLimits limits)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.Count > limits.MaxChanges)
        {
            return new Refusal(RefusalReason.TooLarge, $"a batch has at most {limits.MaxChanges} changes, this one {changes.Count}");
        }

        if ((StoreText.Judge(who, limits.MaxAuthorshipBytes, "who writes", mayBeEmpty: true)
            ?? StoreText.Judge(why, limits.MaxAuthorshipBytes, "the reason", mayBeEmpty: true)) is { } author)
        {
            return author;
        }

        var keys = new HashSet<DocumentKey>(changes.Count);
        var bytes = 0L;
        foreach (var change in changes)
        {
            if (Judge(change, limits) is { } refusal)
            {
                return refusal;
            }

            if (!keys.Add(change.Key))
            {
                return new Refusal(RefusalReason.Invalid, $"{change.Key} is twice in the batch");
            }

            bytes += change.Body is null ? 0 : Encoding.UTF8.GetByteCount(change.Body);
        }

        return bytes <= limits.MaxBatchBytes
            ? null
            : new Refusal(RefusalReason.TooLarge, $"the bodies of a batch have at most {limits.MaxBatchBytes} bytes, these {bytes}");
    }

    private static Refusal? Judge(DocumentChange change, StoreLimits limits)
    {
        if ((StoreText.Judge(change.Key.Kind, limits.MaxKindBytes, "the kind of a document", mayBeEmpty: false)
            ?? StoreText.Judge(change.Key.Name, limits.MaxNameBytes, $"the name of a {change.Key.Kind}", mayBeEmpty: false)) is { } name)
        {
            return name;
        }

        return change switch
        {
            { ExpectedVersion: < 0 } => new Refusal(RefusalReason.Invalid, $"the expected version of {change.Key} is negative"),
            { Body: null, ExpectedVersion: 0 } => new Refusal(RefusalReason.Invalid, $"{change.Key} cannot be deleted if it must not exist"),
            { Body: null } => null,
            _ => StoreText.Judge(change.Body, limits.MaxBodyBytes, $"the body of {change.Key}", mayBeEmpty: false),
        };
    }
}
