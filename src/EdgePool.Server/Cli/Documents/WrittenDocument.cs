using System.Globalization;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Yaml;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Documents;

/// <summary>A document of a file, and where in the file each part of it stands.</summary>
/// <param name="File">The file.</param>
/// <param name="View">What it says.</param>
/// <param name="Source">The text that it was read from.</param>
internal sealed record WrittenDocument(string File, WrittenView View, YamlMapping Source)
{
    /// <summary>The document's name in messages: <c>Partner/partner.example</c>.</summary>
    public string Key => $"{View.Kind}/{View.Name}";

    /// <summary>The place of a path of the spec, or of the nearest part of it that is written: <c>FILE:LINE:COLUMN</c>.</summary>
    public string Place(string path)
    {
        var at = SourceMap.Of(Source).Find(path.Length == 0 ? "spec" : "spec." + path);
        return string.Create(CultureInfo.InvariantCulture, $"{File}:{at.Line}:{at.Column}");
    }

    /// <summary>The line that operators read of a problem that the node found.</summary>
    public ConfigurationProblem Problem(DocumentProblem found)
        => new(
            found.Warning ? Policy.Partners.ProblemSeverity.Warning : Policy.Partners.ProblemSeverity.Error,
            ProblemKind.Content,
            File,
            SourceMap.Of(Source).Find(found.Path.Length == 0 ? "spec" : "spec." + found.Path),
            found.Path.Length == 0 ? $"{Key}: {found.What}" : $"{Key}: {found.Path}: {found.What}",
            found.Remedy);
}
