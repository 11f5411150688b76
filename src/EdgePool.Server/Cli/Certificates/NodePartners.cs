using System.Text.Json;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Server.Certificates;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Cli.Policies;
using EdgePool.Server.Configuration.Compilation;
using EdgePool.Server.Management.Wire;
using EdgePool.Server.Running;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Cli.Certificates;

/// <summary>
/// The partners that a certificate will be shown to: those of the node's file; in store mode those of the node that runs, and where none answers, those that lie
/// in its store.
/// </summary>
/// <param name="Source"><c>file</c>, <c>node</c> or <c>store</c>; null: they are not known.</param>
/// <param name="Count">How many.</param>
/// <param name="SaslAlone">Those that may authenticate by certificate alone.</param>
/// <param name="Problem">Why they are not known, or come from the store and not from the node; null: nothing is to be said.</param>
internal sealed record NodePartners(string? Source, int Count, IReadOnlyList<string> SaslAlone, string? Problem)
{
    /// <summary>Asks the node, or reads its store.</summary>
    public static async Task<NodePartners> ReadAsync(NodeFile node, CancellationToken cancellation)
    {
        var paths = ManagementCompiler.Paths(node.Document, node.Folder);
        var written = node.Document.Partners;
        if (written.Count > 0 || paths is { StoreDirectory: null, Socket: null })
        {
            return new NodePartners("file", written.Count, [.. written.Where(TakesSaslAlone).Select(partner => partner.Domain ?? "")], Problem: null);
        }

        var silent = "the configuration names no management socket";
        try
        {
            if (paths.Socket is { } socket)
            {
                using var client = new NodeClient(socket);
                var list = await client.GetAsync(DocumentPaths.Kind(DocumentKinds.Partner), WireJson.Default.DocumentList, cancellation);
                return Of("node", list.Documents, problem: null);
            }
        }
        catch (NodeFailure refused) when (refused.Failure.Code is FailureCode.FileMode)
        {
            return new NodePartners("file", Count: 0, SaslAlone: [], Problem: null);
        }
        catch (Exception fault) when (fault is CommandFailure or NodeFailure)
        {
            silent = fault.Message;
        }

        return await StoredAsync(paths.StoreDirectory, silent);
    }

    private static async Task<NodePartners> StoredAsync(string? directory, string silent)
    {
        if (directory is null)
        {
            return Unknown(silent);
        }

        try
        {
            var documents = await StoppedStore.ReadAsync(Path.Combine(directory, RunningNode.StoreFile), DocumentKinds.Partner);
            return Of("store", [.. documents.Select(View)], silent);
        }
        catch (Exception fault) when (fault is StoreException or CommandFailure)
        {
            return Unknown($"{silent}; and {fault.Message}");
        }
    }

    private static NodePartners Of(string source, IReadOnlyList<StoredView> documents, string? problem)
    {
        var partners = PartnerViews.Compiled(documents, gateway: null).Partners;
        var saslAlone = partners.Where(partner => partner is { Enabled: true, Terms.Methods: AuthenticationMethods.SaslOverTls }).Select(partner => partner.Name);
        return new NodePartners(source, partners.Count, [.. saslAlone], problem);
    }

    private static NodePartners Unknown(string problem) => new(Source: null, Count: 0, SaslAlone: [], problem);

    private static StoredView View(StoredDocument document)
    {
        using var body = JsonDocument.Parse(document.Body);
        return new StoredView(document.Key.Kind, document.Key.Name, document.Version, body.RootElement.Clone(), document.By.Who, document.By.When, document.By.Why);
    }

    private static bool TakesSaslAlone(PartnerDocument partner)
        => partner.Enabled is not false && NegotiationMatrix.Rule(new NegotiationChoice(
            partner.TlsNegotiation ?? NegotiationMode.Required,
            partner.SaslNegotiation ?? NegotiationMode.Required,
            partner.SupportDialback ?? true,
            partner.LyncCompat ?? false)).Methods is AuthenticationMethods.SaslOverTls;
}
