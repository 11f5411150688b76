namespace EdgePool.Cluster.Documents;

/// <summary>How much a store takes. What exceeds a limit is refused by value, nothing is cut off.</summary>
public sealed record StoreLimits
{
    /// <summary>The limits where nobody set others.</summary>
    public static StoreLimits Default { get; } = new();

    /// <summary>Bytes of UTF-8 of one body.</summary>
    public int MaxBodyBytes { get; init; } = 256 * 1024;

    /// <summary>Bytes of UTF-8 of a document's name.</summary>
    public int MaxNameBytes { get; init; } = 1024;

    /// <summary>Bytes of UTF-8 of a document's kind.</summary>
    public int MaxKindBytes { get; init; } = 64;

    /// <summary>Bytes of UTF-8 of who wrote; as many again of why.</summary>
    public int MaxAuthorshipBytes { get; init; } = 1024;

    /// <summary>Changes of one batch, of documents or of consents.</summary>
    public int MaxChanges { get; init; } = 10_000;

    /// <summary>Bytes of UTF-8 of all bodies of one batch.</summary>
    public int MaxBatchBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Stale changes that one outcome lists: each has the current body with it.</summary>
    public int MaxStaleListed { get; init; } = 100;

    /// <summary>Versions that are kept of one document, its current one included.</summary>
    public int MaxVersions { get; init; } = 1_000;

    /// <summary>Documents.</summary>
    public int MaxDocuments { get; init; } = 1_000_000;

    /// <summary>Deleted documents whose history is kept.</summary>
    public int MaxDeleted { get; init; } = 100_000;

    /// <summary>Consents.</summary>
    public int MaxConsents { get; init; } = 2_000_000;

    /// <summary>Consents under one partner.</summary>
    public int MaxConsentsOfPartner { get; init; } = 100_000;

    /// <summary>Revocations that are remembered; the oldest go first.</summary>
    public int MaxRevocations { get; init; } = 100_000;

    /// <summary>How long a revocation is remembered: longer than any node is cut off and comes back with consents that waited on its disk.</summary>
    public TimeSpan RevocationTime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Who may be shown as available at one time.</summary>
    public int MaxPresences { get; init; } = 400_000;

    /// <summary>Domains whose keys are known.</summary>
    public int MaxKnownPeers { get; init; } = 20_000;

    /// <summary>Bytes of UTF-8 of what is known of one domain's keys.</summary>
    public int MaxKnownPeerBytes { get; init; } = 64 * 1024;

    /// <summary>Bytes of UTF-8 of an address with a resource (RFC 7622 section 3.1).</summary>
    public int MaxFullAddressBytes { get; init; } = 3071;

    /// <summary>Bytes of UTF-8 of an address in a consent: local part, @ and domain (RFC 7622 section 3.1).</summary>
    public int MaxAddressBytes { get; init; } = 2047;
}
