using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Consents;

/// <summary>What every journal demands of a batch, judged before anything of it is under way.</summary>
internal static class ConsentBatch
{
    /// <summary>Null: the batch can be appended, if there is room.</summary>
    public static Refusal? Judge(IReadOnlyList<ConsentChange> changes, StoreLimits limits)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.Count > limits.MaxChanges)
        {
            return new Refusal(RefusalReason.TooLarge, $"a batch has at most {limits.MaxChanges} changes, this one {changes.Count}");
        }

        foreach (var change in changes)
        {
            var (local, remote) = Pair(change);
            if ((Address(local, limits) ?? Address(remote, limits) ?? Partner(change, limits)) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    /// <summary>Whose consent a change is about.</summary>
    public static (string Local, string Remote) Pair(ConsentChange change) => change switch
    {
        ConsentChange.Given(var consent) => (consent.Local, consent.Remote),
        ConsentChange.Revoked(var local, var remote) => (local, remote),
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };

    private static Refusal? Address(string address, StoreLimits limits) => StoreText.Judge(address, limits.MaxAddressBytes, "an address", mayBeEmpty: false);

    private static Refusal? Partner(ConsentChange change, StoreLimits limits)
        => change is ConsentChange.Given(var consent) ? StoreText.Judge(consent.Partner, limits.MaxNameBytes, "the name of a partner", mayBeEmpty: false) : null;
}
