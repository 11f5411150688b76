using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Consents;

/// <summary>What a journal has of one pair of addresses. Both are null where it has never heard of it, or has forgotten.</summary>
/// <param name="Standing">The consent that stands.</param>
/// <param name="Revoked">When it was last revoked, where none stands since.</param>
internal readonly record struct PairState(Consent? Standing, DateTimeOffset? Revoked)
{
    /// <summary>A change counts, or is older than what there is. Of the same moment, the revocation counts.</summary>
    public bool Takes(ConsentChange change) => !change.Waited || change switch
    {
        ConsentChange.Given(var consent) => (Revoked is not { } gone || consent.Since > gone) && (Standing is not { } now || consent.Since >= now.Since),
        ConsentChange.Revoked revoked => (Revoked is not { } gone || revoked.At > gone) && (Standing is not { } now || revoked.At >= now.Since),
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };

    /// <summary>It is so already.</summary>
    public bool Is(ConsentChange change) => change is ConsentChange.Revoked revoked && Revoked == revoked.At;

    /// <summary>What it has when a change that counts is made.</summary>
    public static PairState After(ConsentChange change) => change switch
    {
        ConsentChange.Given(var consent) => new PairState(consent, null),
        ConsentChange.Revoked revoked => new PairState(null, revoked.At),
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };
}

/// <summary>What a batch makes of the pairs that it is about.</summary>
/// <param name="Changes">Only what counts: each pair with what was and what will be.</param>
/// <param name="Outcome">What the writer is told when they are made.</param>
internal sealed record ConsentPlan(IReadOnlyList<(string Local, string Remote, PairState Before, PairState After)> Changes, Refusal? Outcome)
{
    /// <summary>By how much the number of consents grows.</summary>
    public int Growth => Changes.Sum(static c => One(c.After.Standing) - One(c.Before.Standing));

    /// <summary>By how much the number of remembered revocations grows.</summary>
    public int GrowthOfRevoked => Changes.Sum(static c => (c.After.Revoked is null ? 0 : 1) - (c.Before.Revoked is null ? 0 : 1));

    /// <summary>By how much the number of each partner's consents grows or falls; those that stay as they are do not appear.</summary>
    public IReadOnlyDictionary<string, int> GrowthOfPartners()
    {
        var growth = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (_, _, before, after) in Changes)
        {
            Add(before.Standing, -1);
            Add(after.Standing, 1);
        }

        return growth.Where(static g => g.Value != 0).ToDictionary(StringComparer.Ordinal);

        void Add(Consent? consent, int one)
        {
            if (consent is not null)
            {
                growth[consent.Partner] = growth.GetValueOrDefault(consent.Partner) + one;
            }
        }
    }

    /// <summary>The plan of what counts of a batch.</summary>
    /// <param name="last">The last change of each pair.</param>
    /// <param name="before">What there is of a pair.</param>
    public static ConsentPlan Of(IReadOnlyDictionary<(string Local, string Remote), ConsentChange> last, Func<(string Local, string Remote), PairState> before)
    {
        var changes = new List<(string, string, PairState, PairState)>(last.Count);
        Refusal? outcome = null;
        foreach (var (pair, change) in last)
        {
            var now = before(pair);
            if (now.Takes(change))
            {
                changes.Add((pair.Local, pair.Remote, now, PairState.After(change)));
            }
            else if (!now.Is(change))
            {
                outcome = new Refusal(RefusalReason.Older, "what there is of a pair is newer");
            }
        }

        return new ConsentPlan(changes, outcome);
    }

    private static int One(Consent? consent) => consent is null ? 0 : 1;
}
