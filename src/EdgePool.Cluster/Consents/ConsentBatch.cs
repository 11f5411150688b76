using EdgePool.Cluster.Coordination;
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
        ConsentChange.Revoked(var local, var remote, _) => (local, remote),
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };

    /// <summary>A write of somebody who is the owner no more.</summary>
    public static Refusal FencedOff(Condition owned) => new(RefusalReason.Fenced, $"somebody else owns {owned.Key} by now");

    /// <summary>There is no room for one more.</summary>
    public static Refusal Full(StoreLimits limits) => new(RefusalReason.Full, $"the journal holds at most {limits.MaxConsents} consents");

    /// <summary>There is no room for one more of a partner.</summary>
    public static Refusal PartnerFull(string partner, StoreLimits limits)
        => new(RefusalReason.PartnerFull, $"the journal holds at most {limits.MaxConsentsOfPartner} consents under one partner, and {partner} has as many");

    /// <summary>What counts of each pair: its last change.</summary>
    public static Dictionary<(string Local, string Remote), ConsentChange> LastOfEach(IReadOnlyList<ConsentChange> changes)
    {
        var last = new Dictionary<(string Local, string Remote), ConsentChange>(changes.Count);
        foreach (var change in changes)
        {
            last[Pair(change)] = change;
        }

        return last;
    }

    private static Refusal? Address(string address, StoreLimits limits) => StoreText.Judge(address, limits.MaxAddressBytes, "an address", mayBeEmpty: false);

    private static Refusal? Partner(ConsentChange change, StoreLimits limits)
        => change is ConsentChange.Given(var consent) ? StoreText.Judge(consent.Partner, limits.MaxNameBytes, "the name of a partner", mayBeEmpty: false) : null;
}
