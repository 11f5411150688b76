using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Presences;

/// <summary>What every journal demands of a batch, judged before anything of it is under way.</summary>
internal static class PresenceBatch
{
    /// <summary>Null: the batch can be appended, if there is room.</summary>
    public static Refusal? Judge(IReadOnlyList<PresenceChange> changes, StoreLimits limits)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.Count > limits.MaxChanges)
        {
            return new Refusal(RefusalReason.TooLarge, $"a batch has at most {limits.MaxChanges} changes, this one {changes.Count}");
        }

        foreach (var (presence, _) in changes)
        {
            if ((Address(presence.Local, limits) ?? Address(presence.Remote, limits)
                ?? StoreText.Judge(presence.Partner, limits.MaxNameBytes, "the name of a partner", mayBeEmpty: false)) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    private static Refusal? Address(string address, StoreLimits limits) => StoreText.Judge(address, limits.MaxFullAddressBytes, "an address", mayBeEmpty: false);
}
