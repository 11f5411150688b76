using System.Globalization;
using System.Text.Json;
using EdgePool.Cluster.Documents;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Server.Management.Documents;
using EdgePool.Server.Management.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgePool.Server.Management.Api;

/// <summary><c>/v1/documents</c>: what is in the store, and what was.</summary>
internal static class DocumentEndpoints
{
    /// <summary>As many versions as a store keeps.</summary>
    private const int MostVersions = 1_000;

    private static readonly JsonElement Nothing = JsonElement.Parse("{}");

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes, IDocumentStore store)
    {
        routes.MapGet("/v1/documents", context => ListAsync(context, store));
        routes.MapGet("/v1/documents/{kind}/{name}", context => ShowAsync(context, store));
        routes.MapGet("/v1/documents/{kind}/{name}/history", context => HistoryAsync(context, store));
    }

    /// <summary>The document that the path names, in canonical form; null, and the answer is given, when it can name none.</summary>
    public static async Task<DocumentKey?> KeyAsync(HttpContext context)
    {
        var (kind, name) = (Route(context, "kind"), Route(context, "name"));
        var reading = DocumentReader.Read(kind, name, "{}");
        var problems = reading.Problems.Where(problem => problem.Severity is ProblemSeverity.Error).Select(FoundProblem.Of).ToList();
        if (problems.Count == 0)
        {
            return new DocumentKey(reading.Kind, reading.Name);
        }

        await Reply.FailAsync(context, StatusCodes.Status404NotFound, new Failure(FailureCode.NotFound, $"{kind}/{name}: {problems[0].What}", problems[0].Remedy));
        return null;
    }

    private static async Task ListAsync(HttpContext context, IDocumentStore store)
    {
        var kind = context.Request.Query["kind"].ToString();
        var set = await store.ReadAsync(context.RequestAborted);
        var documents = set.Documents.Where(document => kind.Length == 0 || string.Equals(document.Key.Kind, kind, StringComparison.Ordinal)).Select(DocumentBody.View);
        await Reply.OkAsync(context, new DocumentList(set.Revision, [.. documents]), WireJson.Default.DocumentList);
    }

    private static async Task ShowAsync(HttpContext context, IDocumentStore store)
    {
        if (await KeyAsync(context) is not { } key)
        {
            return;
        }

        var view = context.Request.Query["version"].ToString() is { Length: > 0 } version
            ? await VersionAsync(store, key, version, context.RequestAborted)
            : await CurrentAsync(store, key, context.RequestAborted);
        await (view is null ? AbsentAsync(context, store, key) : Reply.OkAsync(context, view, WireJson.Default.StoredView));
    }

    private static async Task HistoryAsync(HttpContext context, IDocumentStore store)
    {
        if (await KeyAsync(context) is not { } key)
        {
            return;
        }

        var versions = await store.HistoryAsync(key, MostVersions, context.RequestAborted);
        if (versions.Count == 0)
        {
            await AbsentAsync(context, store, key);
            return;
        }

        await Reply.OkAsync(context, new DocumentHistory([.. versions.Select(DocumentBody.View)]), WireJson.Default.DocumentHistory);
    }

    private static async Task<StoredView?> VersionAsync(IDocumentStore store, DocumentKey key, string text, CancellationToken cancellation)
        => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && await store.VersionAsync(key, version, cancellation) is { } found
            ? DocumentBody.View(found)
            : null;

    private static async Task<StoredView?> CurrentAsync(IDocumentStore store, DocumentKey key, CancellationToken cancellation)
    {
        if (await CurrentDocuments.ReadAsync(store, key, cancellation) is { } document)
        {
            return DocumentBody.View(document);
        }

        return ImplicitDocuments.Contains(key) ? new StoredView(key.Kind, key.Name, 0, Nothing, "", default, "") : null;
    }

    /// <summary>Answers that there is no such document.</summary>
    public static async Task AbsentAsync(HttpContext context, IDocumentStore store, DocumentKey key)
    {
        var near = await CurrentDocuments.NearestAsync(store, key, context.RequestAborted);
        var remedy = near is null ? $"'edgepool get {key.Kind}' lists those that there are" : $"did you mean '{near}'?";
        await Reply.FailAsync(context, StatusCodes.Status404NotFound, new Failure(FailureCode.NotFound, $"there is no {key}", remedy));
    }

    private static string Route(HttpContext context, string key) => (string)context.Request.RouteValues[key]!;
}
