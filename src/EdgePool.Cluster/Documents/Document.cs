namespace EdgePool.Cluster.Documents;

/// <summary>What a document is called. Compared by code units, without any folding: whoever writes it has put it into its canonical form.</summary>
/// <param name="Kind">The kind, such as <c>Partner</c>: 1 to <see cref="StoreLimits.MaxKindBytes"/> bytes of UTF-8.</param>
/// <param name="Name">The name among its kind, such as <c>partner.example</c>: 1 to <see cref="StoreLimits.MaxNameBytes"/> bytes of UTF-8.</param>
public readonly record struct DocumentKey(string Kind, string Name)
{
    /// <summary>For messages: <c>Partner/partner.example</c>.</summary>
    public override string ToString() => $"{Kind}/{Name}";
}

/// <summary>Who wrote, when and why.</summary>
/// <param name="Who">The operator or the part of EdgePool: at most <see cref="StoreLimits.MaxAuthorshipBytes"/> bytes of UTF-8, may be empty.</param>
/// <param name="When">When the store took it, by the store's clock; kept to the millisecond, in UTC.</param>
/// <param name="Why">The reason in the operator's words: as long as <paramref name="Who"/>, may be empty.</param>
public sealed record Authorship(string Who, DateTimeOffset When, string Why);

/// <summary>A document as it stands.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Version">The store's revision at which this body was written; at least 1, and higher at each write of any document.</param>
/// <param name="Body">Canonical JSON text, opaque here: at most <see cref="StoreLimits.MaxBodyBytes"/> bytes of UTF-8.</param>
/// <param name="By">Who wrote this body.</param>
public sealed record StoredDocument(DocumentKey Key, long Version, string Body, Authorship By);

/// <summary>One version of a document, of now or of the past.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Version">The store's revision at which this was written.</param>
/// <param name="Body">The body; null: at this version the document was deleted.</param>
/// <param name="By">Who wrote or deleted.</param>
public sealed record DocumentVersion(DocumentKey Key, long Version, string? Body, Authorship By);

/// <summary>All documents at one moment.</summary>
/// <param name="Revision">The store's revision; 0: nothing has ever been written.</param>
/// <param name="Documents">In the order of the UTF-8 bytes of kind, then name.</param>
public sealed record DocumentSet(long Revision, IReadOnlyList<StoredDocument> Documents);

/// <summary>What has become of the documents since a revision: the way from one consistent state to a newer one.</summary>
/// <param name="After">The revision that the reader had.</param>
/// <param name="Revision">The revision that it has with these changes; greater than <paramref name="After"/>.</param>
/// <param name="IsWhole">
/// True: the store no longer knows what was deleted since <paramref name="After"/>, so <paramref name="Changed"/> is every document there is, and what it does not
/// list is gone. False: what it does not list is as it was.
/// </param>
/// <param name="Changed">Each changed document once, as it is at <paramref name="Revision"/>, in the order of versions; a deleted one without a body.</param>
public sealed record DocumentUpdate(long After, long Revision, bool IsWhole, IReadOnlyList<DocumentVersion> Changed);
