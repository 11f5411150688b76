using System.Globalization;
using EdgePool.Cluster.Documents;
using EdgePool.Policy.Documents;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Documents;

/// <summary>
/// Sends documents to a node. What the store takes at once is one edit, all or nothing. More goes in parts, each of them whole, after all of it was checked
/// in one piece, and in an order in which no part needs a later one.
/// </summary>
internal sealed class DocumentSender(NodeClient node, Progress progress)
{
    /// <summary>So many are checked in one piece; beyond, each part is checked for itself.</summary>
    private const int MostChecked = 60_000;

    private static readonly string[] Order =
        [DocumentKinds.Organisation, DocumentKinds.Gateway, DocumentKinds.Topology, DocumentKinds.AccessPolicy, DocumentKinds.Partner, DocumentKinds.Grant];

    private static readonly int PartSize = StoreLimits.Default.MaxChanges;

    /// <summary>What would change.</summary>
    public async Task<EditReply> CheckAsync(IReadOnlyList<WrittenDocument> documents, CancellationToken cancellation)
    {
        var replies = new List<EditReply>();
        foreach (var part in InOrder(documents).Chunk(MostChecked))
        {
            replies.Add(await SendAsync(part, dryRun: true, "", cancellation));
        }

        return Joined(replies);
    }

    /// <summary>Writes.</summary>
    public async Task<EditReply> ApplyAsync(IReadOnlyList<WrittenDocument> documents, string why, CancellationToken cancellation)
    {
        if (documents.Count <= PartSize)
        {
            return await SendAsync(documents, dryRun: false, why, cancellation);
        }

        return await InPartsAsync(documents, why, cancellation);
    }

    private async Task<EditReply> InPartsAsync(IReadOnlyList<WrittenDocument> documents, string why, CancellationToken cancellation)
    {
        var ordered = InOrder(documents).ToList();
        if (ordered.Count <= MostChecked)
        {
            progress.Report(0, string.Create(CultureInfo.InvariantCulture, $"of {ordered.Count} documents applied: all of them are checked first"));
            await SendAsync(ordered, dryRun: true, why, cancellation);
        }

        var replies = new List<EditReply>();
        foreach (var part in ordered.Chunk(PartSize))
        {
            replies.Add(await SendAsync(part, dryRun: false, why, cancellation));
            progress.Report(replies.Sum(reply => reply.Results.Count), string.Create(CultureInfo.InvariantCulture, $"of {ordered.Count} documents applied"));
        }

        return Joined(replies);
    }

    private Task<EditReply> SendAsync(IReadOnlyList<WrittenDocument> documents, bool dryRun, string why, CancellationToken cancellation)
        => node.PostAsync(
            "/v1/apply",
            new ApplyRequest([.. documents.Select(document => document.View)], dryRun, why),
            WireJson.Default.ApplyRequest,
            WireJson.Default.EditReply,
            cancellation);

    private static IEnumerable<WrittenDocument> InOrder(IReadOnlyList<WrittenDocument> documents)
        => documents.OrderBy(document => Array.IndexOf(Order, document.View.Kind));

    private static EditReply Joined(List<EditReply> replies)
        => new(replies.Max(reply => reply.Revision), [.. replies.SelectMany(reply => reply.Results)], [.. replies.SelectMany(reply => reply.Warnings)]);
}
