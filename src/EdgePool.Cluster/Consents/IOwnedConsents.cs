using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Consents;

/// <summary>A journal in which owners write, each with the fencing tokens of its ownership.</summary>
public interface IOwnedConsents : IConsentJournal
{
    /// <summary>
    /// As <see cref="IConsentJournal.AppendAsync(IReadOnlyList{ConsentChange}, CancellationToken)"/>, by an owner: refused (<see cref="RefusalReason.Fenced"/>), and nothing changed,
    /// as soon as somebody owns one of its keys under a higher token.
    /// </summary>
    /// <param name="changes">See there.</param>
    /// <param name="ownership">Of each key that is owned, <see cref="Condition.CreatedAt"/>; 1 to <see cref="MostKeys"/>, no key twice.</param>
    /// <param name="cancellationToken">See there.</param>
    ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, IReadOnlyList<Condition> ownership, CancellationToken cancellationToken);

    /// <summary>Keys that a write may depend on.</summary>
    const int MostKeys = 64;
}

/// <summary>A journal that others write too.</summary>
public interface ISharedConsents : IConsentJournal
{
    /// <summary>
    /// Called with what the journal has come to hold by anybody's doing, this node's own changes among it, in the journal's order; from any thread, one call at a time.
    /// </summary>
    Action<IReadOnlyList<ConsentChange>>? Heard { get; set; }
}

/// <summary>A journal whose changes can be followed.</summary>
public interface IFollowedConsents
{
    /// <summary>
    /// The changes from now on, in the order in which they came about. Null, at first and whenever some may be missing: all that stands is to be read anew before what follows.
    /// </summary>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="StoreException">The journal does not answer.</exception>
    IAsyncEnumerable<IReadOnlyList<ConsentChange>?> FollowConsentsAsync(CancellationToken cancellationToken);
}
