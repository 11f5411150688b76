using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.KnownPeers;

/// <summary>What every journal demands of a batch, judged before anything of it is under way.</summary>
internal static class KnownPeerBatch
{
    /// <summary>Null: the batch can be appended, if there is room.</summary>
    public static Refusal? Judge(IReadOnlyList<KnownPeerChange> changes, StoreLimits limits)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.Count > limits.MaxChanges)
        {
            return new Refusal(RefusalReason.TooLarge, $"a batch has at most {limits.MaxChanges} changes, this one {changes.Count}");
        }

        foreach (var (domain, body) in changes)
        {
            if ((StoreText.Judge(domain, limits.MaxNameBytes, "the name of a domain", mayBeEmpty: false)
                ?? StoreText.Judge(body ?? string.Empty, limits.MaxKnownPeerBytes, $"what is known of {domain}", mayBeEmpty: true)) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }
}
