using System.Text.Json;

namespace EdgePool.Server.Management.Wire;

/// <summary>A document as operators write it.</summary>
/// <param name="Kind">One of the kinds of documents.</param>
/// <param name="Name">Its name within the kind.</param>
/// <param name="Spec">What it says.</param>
/// <param name="Version">The version that it was made from: it is refused when the store has a newer one. Null: whatever is there is replaced.</param>
internal sealed record WrittenView(string Kind, string Name, JsonElement Spec, long? Version = null);

/// <summary>A document as it is stored.</summary>
/// <param name="Kind">One of the kinds of documents.</param>
/// <param name="Name">Its name within the kind.</param>
/// <param name="Version">The store's revision at which this was written; 0: the document does not exist.</param>
/// <param name="Spec">What it says; null: it was deleted.</param>
/// <param name="Who">Who wrote it.</param>
/// <param name="When">When.</param>
/// <param name="Why">Why, in the writer's words.</param>
internal sealed record StoredView(string Kind, string Name, long Version, JsonElement? Spec, string Who, DateTimeOffset When, string Why);

/// <summary>A partner's document as it is stored, and what was negotiated with the partner.</summary>
/// <param name="Kind">As in <see cref="StoredView"/>, like all that follows but the last.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Spec">What it says.</param>
/// <param name="Who">Who wrote it.</param>
/// <param name="When">When.</param>
/// <param name="Why">Why.</param>
/// <param name="Negotiations">What was negotiated with each of its domains.</param>
internal sealed record ShownPartner(
    string Kind, string Name, long Version, JsonElement? Spec, string Who, DateTimeOffset When, string Why, IReadOnlyList<DomainNegotiations> Negotiations);

/// <summary>Something wrong in a document.</summary>
/// <param name="Kind">The document's kind; empty when the fault is in none of them.</param>
/// <param name="Name">The document's name.</param>
/// <param name="Path">Where in the document.</param>
/// <param name="Warning">It can be used all the same.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record DocumentProblem(string Kind, string Name, string Path, bool Warning, string What, string Remedy);

/// <summary>Several documents.</summary>
/// <param name="Revision">The store's revision of this reading.</param>
/// <param name="Documents">The documents by kind and name.</param>
internal sealed record DocumentList(long Revision, IReadOnlyList<StoredView> Documents);

/// <summary>What the store remembers of one document, newest first.</summary>
/// <param name="Versions">The versions; one without <see cref="StoredView.Spec"/> is a deletion.</param>
internal sealed record DocumentHistory(IReadOnlyList<StoredView> Versions);
