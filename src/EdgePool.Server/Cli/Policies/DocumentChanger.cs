using System.Text.Json;
using System.Text.Json.Nodes;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Policies;

/// <summary>Changes one document: reads it, changes a value, writes it back, and begins anew when somebody else was faster.</summary>
internal static class DocumentChanger
{
    private const int MostAttempts = 5;

    /// <summary>Changes a document that must be there.</summary>
    /// <param name="context">The command.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="name">The name.</param>
    /// <param name="edit">The options of the edit.</param>
    /// <param name="change">Changes the spec in place.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<int> ChangeAsync(
        NodeContext context, string kind, string name, EditOptions edit, Action<JsonObject> change, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var document = await context.Node.GetAsync(DocumentPaths.Document(kind, name), WireJson.Default.StoredView, cancellation);
            var spec = JsonObject.Create(document.Spec!.Value)!;
            change(spec);
            try
            {
                return await WriteAsync(context, new WrittenView(kind, document.Name, Element(spec), document.Version), edit, cancellation);
            }
            catch (NodeFailure stale) when (stale.Failure.Code is FailureCode.Stale && attempt < MostAttempts)
            {
                // Read again: the change is to what is there now.
            }
        }
    }

    /// <summary>Creates a document that must not be there yet.</summary>
    public static async Task<int> CreateAsync(NodeContext context, string kind, string name, JsonObject spec, EditOptions edit, CancellationToken cancellation)
    {
        try
        {
            return await WriteAsync(context, new WrittenView(kind, name, Element(spec), Version: 0), edit, cancellation);
        }
        catch (NodeFailure stale) when (stale.Failure is { Code: FailureCode.Stale, Stale: [var there, ..] })
        {
            throw new CommandFailure(ExitCode.Failed, $"{there.Kind}/{there.Name} is there already, written by {there.Who} — change it with 'set', or see it with 'edgepool get {there.Kind} {there.Name}'");
        }
    }

    private static async Task<int> WriteAsync(NodeContext context, WrittenView view, EditOptions edit, CancellationToken cancellation)
    {
        var request = new ApplyRequest([view], edit.DryRun(context), edit.Why(context));
        var reply = await context.Node.PostAsync("/v1/apply", request, WireJson.Default.ApplyRequest, WireJson.Default.EditReply, cancellation);
        return HistoryCommands.Done(context, reply, edit.DryRun(context));
    }

    private static JsonElement Element(JsonObject spec) => JsonElement.Parse(spec.ToJsonString());
}
