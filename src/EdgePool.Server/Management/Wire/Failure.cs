namespace EdgePool.Server.Management.Wire;

/// <summary>Why the node did not do what was asked: the body of every answer that is no success.</summary>
/// <param name="Code">One of <see cref="FailureCode"/>.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record Failure(string Code, string What, string Remedy)
{
    /// <summary>What is wrong in documents, all at once.</summary>
    public IReadOnlyList<DocumentProblem> Problems { get; init; } = [];

    /// <summary>Documents that somebody else changed in between, as they are now.</summary>
    public IReadOnlyList<StoredView> Stale { get; init; } = [];
}

/// <summary>The closed set of failures; each has its HTTP status.</summary>
internal static class FailureCode
{
    /// <summary>403: this user is not served.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>404: there is no such thing.</summary>
    public const string NotFound = "not-found";

    /// <summary>400: the request is not understood.</summary>
    public const string BadRequest = "bad-request";

    /// <summary>409: somebody else changed the document in between.</summary>
    public const string Stale = "stale";

    /// <summary>409: the node takes its partners from its file.</summary>
    public const string FileMode = "file-mode";

    /// <summary>409: the node is in no pool.</summary>
    public const string Alone = "alone";

    /// <summary>422: documents are wrong.</summary>
    public const string Invalid = "invalid";

    /// <summary>413: more than the interface takes.</summary>
    public const string TooLarge = "too-large";

    /// <summary>507: the store takes no more.</summary>
    public const string StoreRefused = "store-refused";

    /// <summary>503: the store, or the policy, does not answer in time.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>500: a fault of EdgePool.</summary>
    public const string Internal = "internal";
}
