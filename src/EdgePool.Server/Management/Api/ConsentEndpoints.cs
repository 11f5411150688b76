using System.Buffers;
using System.Globalization;
using System.Text.Json;
using EdgePool.Cluster.Consents;
using EdgePool.Edge.Partners;
using EdgePool.Server.Management.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Management.Api;

/// <summary><c>/v1/consents</c>: which local users have let in which contacts of public providers.</summary>
internal sealed class ConsentEndpoints(ConsentLedger consents, IConsentJournal journal, ILogger log)
{
    /// <summary>Bytes of an export that are gathered before they are sent.</summary>
    private const int ExportChunk = 64 * 1024;

    /// <summary>Maps them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/consents", ListAsync);
        routes.MapDelete("/v1/consents", RevokeAsync);
        routes.MapGet("/v1/consents/export", ExportAsync);
    }

    private Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        (string, string)? after = query["afterLocal"].ToString() is { Length: > 0 } local ? (local, query["afterRemote"].ToString()) : null;
        var length = int.TryParse(query["atMost"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? Math.Clamp(asked, 1, ConsentLedger.LongestPage) : ConsentLedger.LongestPage;
        var page = consents.List(Partner(context), after, length);
        return Reply.OkAsync(context, new ConsentList([.. page.Consents.Select(View)], page.More, consents.Count), WireJson.Default.ConsentList);
    }

    private async Task RevokeAsync(HttpContext context)
    {
        var (local, remote) = (context.Request.Query["local"].ToString(), context.Request.Query["remote"].ToString());
        if (!consents.Revoke(local, remote))
        {
            await Reply.FailAsync(context, StatusCodes.Status404NotFound, new Failure(
                FailureCode.NotFound, $"{local} has no consent to hear from {remote}", "'edgepool consent list' lists those that there are; the local user comes first"));
            return;
        }

        ManagementLog.Revoked(log, Operator.Of(context), local, remote);
        await Reply.OkAsync(context, new ConsentView(local, remote, "", default), WireJson.Default.ConsentView);
    }

    /// <summary>What the journal holds, one JSON object a line, however many there are.</summary>
    private async Task ExportAsync(HttpContext context)
    {
        context.Response.ContentType = "application/x-ndjson";
        var output = context.Response.BodyWriter;
        await foreach (var consent in journal.ReadAllAsync(Partner(context), context.RequestAborted))
        {
            output.Write(JsonSerializer.SerializeToUtf8Bytes(View(consent), WireJson.Default.ConsentView));
            output.Write("\n"u8);
            if (output.UnflushedBytes > ExportChunk)
            {
                await output.FlushAsync(context.RequestAborted);
            }
        }

        await output.FlushAsync(context.RequestAborted);
    }

    private static string? Partner(HttpContext context) => context.Request.Query["partner"].ToString() is { Length: > 0 } partner ? partner : null;

    private static ConsentView View(Consent consent) => new(consent.Local, consent.Remote, consent.Partner, consent.Since);
}
