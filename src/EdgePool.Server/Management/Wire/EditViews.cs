using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgePool.Server.Management.Wire;

/// <summary>Documents to be written and deleted, all or none.</summary>
/// <param name="Documents">Those to be written; with <see cref="Deletions"/> at most 10,000.</param>
/// <param name="DryRun">Tells what would change, and changes nothing.</param>
/// <param name="Why">The reason, in the operator's words.</param>
internal sealed record ApplyRequest(IReadOnlyList<WrittenView> Documents, bool DryRun = false, string Why = "") : IRequest
{
    /// <summary>Those to be deleted; each must be there. Null: none.</summary>
    public IReadOnlyList<DocumentName>? Deletions { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public bool IsComplete => Documents is not null && Why is not null
        && (Deletions ?? []).All(document => document is { Kind: not null, Name: not null })
        && Documents.All(document => document is { Kind: not null, Name: not null, Spec.ValueKind: not JsonValueKind.Undefined });
}

/// <summary>What a document is called.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">Its name within the kind.</param>
internal sealed record DocumentName(string Kind, string Name);

/// <summary>A document to be taken back to one of its versions.</summary>
/// <param name="Version">The version.</param>
/// <param name="DryRun">Tells what would change, and changes nothing.</param>
/// <param name="Why">The reason, in the operator's words.</param>
internal sealed record RevertRequest(long Version, bool DryRun = false, string Why = "") : IRequest
{
    /// <inheritdoc/>
    [JsonIgnore]
    public bool IsComplete => Why is not null;
}

/// <summary>What clients send: JSON that reads well may still lack something.</summary>
internal interface IRequest
{
    /// <summary>Everything that must be there is there.</summary>
    bool IsComplete { get; }
}

/// <summary>What an edit did, or would do.</summary>
/// <param name="Revision">The store's revision in force with it.</param>
/// <param name="Results">One for each document, in the order asked for.</param>
/// <param name="Warnings">What works, but likely not as meant.</param>
internal sealed record EditReply(long Revision, IReadOnlyList<EditResult> Results, IReadOnlyList<DocumentProblem> Warnings);

/// <summary>What an edit did to one document.</summary>
/// <param name="Kind">The document's kind.</param>
/// <param name="Name">Its name, in canonical form.</param>
/// <param name="Action">One of <see cref="EditAction"/>.</param>
/// <param name="Version">Its version now; 0: there is none.</param>
/// <param name="Before">What it said, where it changes.</param>
/// <param name="After">What it says, where it changes.</param>
internal sealed record EditResult(string Kind, string Name, string Action, long Version, JsonElement? Before, JsonElement? After);

/// <summary>The closed set of what an edit does to a document.</summary>
internal static class EditAction
{
    /// <summary>There was none.</summary>
    public const string Created = "created";

    /// <summary>It says something else now.</summary>
    public const string Changed = "changed";

    /// <summary>It said that already.</summary>
    public const string Unchanged = "unchanged";

    /// <summary>It is gone.</summary>
    public const string Deleted = "deleted";
}
