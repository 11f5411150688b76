using System.Globalization;
using System.Text.Json;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Documents;

/// <summary>Shows what an edit did, or would do.</summary>
internal sealed class EditReport(TextWriter output)
{
    /// <summary>Fewer documents are all named; of more only those that change.</summary>
    private const int FewDocuments = 20;

    /// <summary>One line for each document, and one for all.</summary>
    public void Write(EditReply reply)
    {
        foreach (var result in reply.Results.Where(result => result.Action is not EditAction.Unchanged || reply.Results.Count <= FewDocuments))
        {
            output.WriteLine($"{result.Kind}/{result.Name} {result.Action}");
        }

        Summary(reply, FormattableString.Invariant($"version {reply.Revision} is in force"));
    }

    /// <summary>The difference of each document, and one line for all.</summary>
    public void WriteDifference(EditReply reply)
    {
        foreach (var result in reply.Results.Where(result => result.Action is not EditAction.Unchanged))
        {
            output.WriteLine($"{result.Kind}/{result.Name} would be {result.Action}");
            Difference(result.Before, result.After);
        }

        Summary(reply, "nothing was changed", would: true);
    }

    /// <summary>The lines that differ.</summary>
    public void Difference(JsonElement? before, JsonElement? after)
    {
        foreach (var line in LineDiff.Of(DocumentText.Spec(before), DocumentText.Spec(after)))
        {
            output.WriteLine("  " + line);
        }
    }

    /// <summary>What works, but likely not as meant; found again in its file, where there is one.</summary>
    public static void Warnings(EditReply reply, Func<DocumentProblem, string> shown, TextWriter error)
    {
        foreach (var warning in reply.Warnings)
        {
            error.WriteLine(shown(warning));
        }
    }

    /// <summary>A problem of a document that is in no file.</summary>
    public static string Shown(DocumentProblem problem)
    {
        var place = problem.Kind.Length == 0 ? "" : $"{problem.Kind}/{Configuration.Shown.Of(problem.Name, 256)}: ";
        var path = problem.Path.Length == 0 ? "" : $"{problem.Path}: ";
        return $"{place}{path}{(problem.Warning ? "warning" : "error")}: {problem.What} — {problem.Remedy}";
    }

    private void Summary(EditReply reply, string end, bool would = false)
    {
        var counts = reply.Results.CountBy(result => result.Action, StringComparer.Ordinal).Select(count => string.Create(
            CultureInfo.InvariantCulture, $"{count.Value} {(would && count.Key is not EditAction.Unchanged ? "would be " : "")}{count.Key}"));
        output.WriteLine($"{string.Join(", ", counts)}; {end}");
    }
}
