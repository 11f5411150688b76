using System.Globalization;
using EdgePool.Cluster.Documents;
using EdgePool.Server.Management.Documents;
using EdgePool.Server.Management.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Management.Api;

/// <summary><c>/v1/apply</c> and what else changes documents.</summary>
internal sealed class EditEndpoints(IDocumentStore store, DocumentEditor editor, ILogger log)
{
    private static readonly int MostDocuments = StoreLimits.Default.MaxChanges;

    /// <summary>Maps them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/apply", ApplyAsync);
        routes.MapDelete("/v1/documents/{kind}/{name}", DeleteAsync);
        routes.MapPost("/v1/documents/{kind}/{name}/revert", RevertAsync);
    }

    private async Task ApplyAsync(HttpContext context)
    {
        if (await Reply.RequestAsync(context, WireJson.Default.ApplyRequest) is not { } request)
        {
            return;
        }

        var deletions = request.Deletions ?? [];
        var count = request.Documents.Count + deletions.Count;
        if (count > MostDocuments && !request.DryRun)
        {
            await Reply.FailAsync(context, StatusCodes.Status413PayloadTooLarge, new Failure(
                FailureCode.TooLarge, $"{count} documents at once are too many", FormattableString.Invariant($"send at most {MostDocuments}")));
            return;
        }

        var written = request.Documents.Select(document => new DocumentEdit(document.Kind, document.Name, document.Spec.GetRawText(), document.Version));
        var deleted = deletions.Select(document => new DocumentEdit(document.Kind, document.Name, Body: null, ExpectedVersion: null));
        await EditAsync(context, [.. written, .. deleted], request.DryRun, request.Why);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        if (await DocumentEndpoints.KeyAsync(context) is not { } key)
        {
            return;
        }

        var query = context.Request.Query;
        long? expected = long.TryParse(query["expectedVersion"], NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;
        await EditAsync(context, [new DocumentEdit(key.Kind, key.Name, Body: null, expected)], query["dryRun"] == "true", query["why"].ToString());
    }

    private async Task RevertAsync(HttpContext context)
    {
        if (await DocumentEndpoints.KeyAsync(context) is not { } key || await Reply.RequestAsync(context, WireJson.Default.RevertRequest) is not { } request)
        {
            return;
        }

        if (await store.VersionAsync(key, request.Version, context.RequestAborted) is not { } version)
        {
            await Reply.FailAsync(context, StatusCodes.Status404NotFound, new Failure(
                FailureCode.NotFound, FormattableString.Invariant($"{key} has no version {request.Version}"), $"'edgepool history {key.Kind} {key.Name}' lists those that it has"));
            return;
        }

        await EditAsync(context, [new DocumentEdit(key.Kind, key.Name, version.Body, ExpectedVersion: null)], request.DryRun, request.Why);
    }

    private async Task EditAsync(HttpContext context, IReadOnlyList<DocumentEdit> edits, bool dryRun, string why)
    {
        var who = Operator.Of(context);
        var outcome = await editor.EditAsync(edits, dryRun, new Editor(who, why), context.RequestAborted);
        if (outcome is EditOutcome.Done done)
        {
            Log(done.Reply, dryRun, who, why);
            await Reply.OkAsync(context, done.Reply, WireJson.Default.EditReply);
            return;
        }

        if (outcome is EditOutcome.Absent absent)
        {
            await DocumentEndpoints.AbsentAsync(context, store, absent.Missing);
            return;
        }

        var (status, failure) = Failed(outcome);
        await Reply.FailAsync(context, status, failure);
    }

    private void Log(EditReply reply, bool dryRun, string who, string why)
    {
        var changed = reply.Results.Where(result => result.Action is not EditAction.Unchanged).ToList();
        if (!dryRun && changed.Count > 0)
        {
            ManagementLog.Edited(log, who, reply.Revision, changed.Count, $"{changed[0].Action} {changed[0].Kind}/{changed[0].Name}", why);
        }
    }

    private static (int Status, Failure Failure) Failed(EditOutcome outcome) => outcome switch
    {
        EditOutcome.Invalid invalid => (StatusCodes.Status422UnprocessableEntity, new Failure(
            FailureCode.Invalid, "nothing was changed, as there are errors", "correct them and apply again") { Problems = invalid.Problems }),
        EditOutcome.Stale stale => (StatusCodes.Status409Conflict, new Failure(
            FailureCode.Stale, "nothing was changed, as somebody else changed these documents in between", "take over what they changed, then apply again") { Stale = stale.Current }),
        EditOutcome.Refused { Why.Reason: RefusalReason.Busy or RefusalReason.Unavailable } busy => (
            StatusCodes.Status503ServiceUnavailable, new Failure(FailureCode.Unavailable, $"nothing was changed: {busy.Why.Message}", "try again; if it lasts, see the node's log")),
        EditOutcome.Refused { Why.Reason: RefusalReason.TooLarge or RefusalReason.Invalid } large => (
            StatusCodes.Status413PayloadTooLarge, new Failure(FailureCode.TooLarge, $"nothing was changed: {large.Why.Message}", "write less")),
        EditOutcome.Refused refused => (StatusCodes.Status507InsufficientStorage, new Failure(
            FailureCode.StoreRefused, $"nothing was changed: {refused.Why.Message}", "make room: delete what is no longer needed")),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}
