using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Documents;

/// <summary>How documents are shown.</summary>
internal enum DocumentFormat
{
    /// <summary>A line each.</summary>
    Table,

    /// <summary>As <c>apply</c> reads them.</summary>
    Yaml,

    /// <summary>For scripts.</summary>
    Json,
}

/// <summary><c>edgepool get</c>: documents as they are in the store.</summary>
internal static class GetCommand
{
    private const string Notes = """
        Examples:
          edgepool get partners
          edgepool get partner partner.example
          edgepool get all -o yaml --no-versions > backup.yaml        what 'edgepool apply' puts into an empty store again
          edgepool get partner partner.example --at 41                as it was at a version of its history
          edgepool get gateway -o json | jq .spec

        In YAML a document comes with its version: applied again, it is refused if somebody else changed it since. Remove the line to replace
        whatever is there.

        Exit codes: 0, 1 there is no such document, 2 usage, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var kind = KindArgument.KindOrAll();
        var name = KindArgument.Name();
        var format = new Option<DocumentFormat?>("--output", "-o") { Description = "table, yaml or json. Default: a table of several, YAML of one.", HelpName = "FORMAT" };
        var bare = new Option<bool>("--no-versions") { Description = "Leave the versions out of YAML, so that applying it replaces whatever is there." };
        var at = new Option<long?>("--at") { Description = "Show the document as it was at a version.", HelpName = "VERSION" };
        var command = NodeCommand.Create("get", "Show documents of the store.", Notes, async (context, cancellation) =>
        {
            var wanted = context.Arguments.GetRequiredValue(kind);
            var shown = context.Arguments.GetValue(format);
            var versions = !context.Arguments.GetValue(bare);
            if ((context.Arguments.GetValue(name) ?? KindNames.OnlyName(wanted)) is { } one)
            {
                var path = DocumentPaths.Document(wanted, one) + (context.Arguments.GetValue(at) is { } version ? FormattableString.Invariant($"?version={version}") : "");
                var document = await context.Node.GetAsync(path, WireJson.Default.StoredView, cancellation);
                WriteOne(document, shown ?? DocumentFormat.Yaml, versions, context.Output);
                return ExitCode.Success;
            }

            var list = await context.Node.GetAsync(DocumentPaths.Kind(wanted), WireJson.Default.DocumentList, cancellation);
            WriteAll(list, shown ?? DocumentFormat.Table, versions, context.Output);
            return ExitCode.Success;
        });
        command.Arguments.Add(kind);
        command.Arguments.Add(name);
        command.Options.Add(format);
        command.Options.Add(bare);
        command.Options.Add(at);
        return command;
    }

    private static void WriteOne(StoredView document, DocumentFormat format, bool versions, TextWriter output)
    {
        switch (format)
        {
            case DocumentFormat.Yaml:
                output.Write(Yaml(document, versions));
                break;
            case DocumentFormat.Json:
                output.WriteLine(JsonSerializer.Serialize(document, WireJson.Shown.StoredView));
                break;
            default:
                Table([document], output);
                break;
        }
    }

    private static void WriteAll(DocumentList list, DocumentFormat format, bool versions, TextWriter output)
    {
        switch (format)
        {
            case DocumentFormat.Yaml:
                output.Write(string.Join("---\n", list.Documents.Select(document => Yaml(document, versions))));
                break;
            case DocumentFormat.Json:
                output.WriteLine(JsonSerializer.Serialize(list, WireJson.Shown.DocumentList));
                break;
            default:
                Table(list.Documents, output);
                break;
        }
    }

    private static string Yaml(StoredView document, bool versions) => DocumentText.Of(document.Kind, document.Name, versions ? document.Version : null, document.Spec);

    private static void Table(IReadOnlyList<StoredView> documents, TextWriter output)
    {
        var table = new TextTable("KIND", "NAME", "VERSION", "CHANGED", "BY", "WHY");
        foreach (var document in documents)
        {
            table.Add(document.Kind, document.Name, document.Version.ToString(CultureInfo.InvariantCulture), When(document), document.Who, document.Why);
        }

        table.WriteTo(output);
    }

    private static string When(StoredView document) => document.Version == 0 ? "" : document.When.ToString("u", CultureInfo.InvariantCulture);
}
