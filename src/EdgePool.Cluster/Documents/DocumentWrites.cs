namespace EdgePool.Cluster.Documents;

/// <summary>One change of a batch.</summary>
/// <param name="Key">The document.</param>
/// <param name="Body">Its new body; null: it is deleted.</param>
/// <param name="ExpectedVersion">The version that the writer has seen and means to replace; 0: there must be no such document.</param>
public sealed record DocumentChange(DocumentKey Key, string? Body, long ExpectedVersion);

/// <summary>A change whose expected version is not the document's.</summary>
/// <param name="Change">As it was asked for.</param>
/// <param name="Current">The document as it stands; null: there is none.</param>
public sealed record StaleChange(DocumentChange Change, StoredDocument? Current);

/// <summary>What became of a batch.</summary>
public abstract record WriteOutcome
{
    private WriteOutcome()
    {
    }

    /// <summary>Every change is made, and outlives the loss of power.</summary>
    /// <param name="Revision">The version of every document of the batch; of an empty batch, the revision as it was.</param>
    public sealed record Written(long Revision) : WriteOutcome;

    /// <summary>Nothing is changed: others wrote in between.</summary>
    /// <param name="Changes">Those of the batch, in its order; at most <see cref="StoreLimits.MaxStaleListed"/> of them.</param>
    public sealed record Stale(IReadOnlyList<StaleChange> Changes) : WriteOutcome;

    /// <summary>Nothing is changed: the store does not take this.</summary>
    /// <param name="Why">The reason.</param>
    public sealed record Refused(Refusal Why) : WriteOutcome;
}

/// <summary>Why a store takes nothing.</summary>
public enum RefusalReason
{
    /// <summary>Not something that can be stored: an empty name, text that is not Unicode, one document twice in a batch, a delete of what must not exist.</summary>
    Invalid,

    /// <summary>A name, body, text or batch exceeds its limit.</summary>
    TooLarge,

    /// <summary>The store, or its disk, holds as much as it may.</summary>
    Full,

    /// <summary>Too many wait for the store. Later it will take it.</summary>
    Busy,

    /// <summary>One partner has as many consents as a partner may have.</summary>
    PartnerFull,

    /// <summary>A change is older than what there is, and counts for nothing. All others of the batch are made.</summary>
    Older,

    /// <summary>Somebody else is the owner by now.</summary>
    Fenced,

    /// <summary>The store cannot be written now: the disk fails, another process holds it, or (a cluster's store) there is no quorum.</summary>
    Unavailable,
}

/// <summary>Why a store took nothing: one line for a person, and the case for programs.</summary>
/// <param name="Reason">The case.</param>
/// <param name="Message">What is wrong and what the limit is, in one line.</param>
public sealed record Refusal(RefusalReason Reason, string Message);
