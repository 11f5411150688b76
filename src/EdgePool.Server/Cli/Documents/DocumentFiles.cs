using System.Globalization;
using EdgePool.Policy.Documents;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Files;
using EdgePool.Server.Configuration.Yaml;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Documents;

/// <summary>
/// Reads documents from files: <c>kind</c>, <c>name</c>, <c>spec</c> and, if it is to be checked, <c>version</c>; several in one file with <c>---</c> between
/// them. The form is checked here, the meaning by the node. Certificates that a partner names by file are taken into the document.
/// </summary>
internal sealed class DocumentFiles(TextReader input, Progress progress)
{
    /// <summary>The name that stands for standard input.</summary>
    public const string StandardInput = "-";

    private const int LargestFile = 64 * 1024 * 1024;
    private const string Example = "kind: Partner, name: partner.example, spec: { … }, each on a line of its own";

    private readonly List<WrittenDocument> documents = [];
    private readonly List<ConfigurationProblem> problems = [];
    private readonly Dictionary<(string Kind, string Name), WrittenDocument> places = [];

    /// <summary>What is wrong with the files.</summary>
    public IReadOnlyList<ConfigurationProblem> Problems => problems;

    /// <summary>Reads files, directories (their *.yaml, *.yml and *.json, in the order of names) and standard input.</summary>
    public IReadOnlyList<WrittenDocument> Read(IEnumerable<string> names)
    {
        foreach (var file in names.SelectMany(Files))
        {
            var found = new ProblemList(file);
            ReadFile(file, found);
            problems.AddRange(found.InOrder);
            progress.Report(documents.Count, "documents read");
        }

        return documents;
    }

    private static IEnumerable<string> Files(string name)
        => Directory.Exists(name)
            ? Directory.EnumerateFiles(name).Where(file => Path.GetExtension(file) is ".yaml" or ".yml" or ".json").Order(StringComparer.Ordinal)
            : [name];

    private void ReadFile(string file, ProblemList found)
    {
        var text = file is StandardInput ? input.ReadToEnd() : TextFile.Read(file, LargestFile, "name a file or directory of documents, or - for standard input", found);
        if (text is null)
        {
            return;
        }

        var folder = file is StandardInput ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(file))!;
        var roots = YamlFile.ParseAll(text, found);
        if (roots.Count == 0 && !found.HasErrors)
        {
            found.Error(new Position(1, 1), "there is no document", "write " + Example);
        }

        foreach (var root in roots)
        {
            Add(file, root, new InlinedFiles(folder, found), found);
        }
    }

    private void Add(string file, YamlMapping root, InlinedFiles inlined, ProblemList found)
    {
        var keys = new MappingReader(root, found);
        var kind = Kind(keys, root, found);
        var name = Name(keys, kind, root, found);
        var version = Version(keys.Text("version"), root, found);
        var spec = Spec(root, found);
        keys.Known("spec");
        keys.Close();
        if (kind is null || name is null || spec is null)
        {
            return;
        }

        var view = new WrittenView(kind, name, YamlToJson.Convert(inlined.Into(kind, spec)), version);
        var document = new WrittenDocument(file, view, root);
        if (places.TryAdd((kind, name), document))
        {
            documents.Add(document);
            return;
        }

        found.Error(root.At, $"{document.Key} is already at {places[(kind, name)].Place("")}", "keep one of the two");
    }

    private static string? Kind(MappingReader keys, YamlMapping root, ProblemList found)
    {
        if (keys.RequiredText("kind", "Partner") is not { } kind)
        {
            return null;
        }

        if (DocumentKinds.All.Contains(kind, StringComparer.Ordinal))
        {
            return kind;
        }

        found.Error(PlaceOf(root, "kind"), $"'{Shown.Of(kind)}' is no kind of document", KindNames.Remedy(kind));
        return null;
    }

    /// <summary>The name; the kinds of which there is one document each need none.</summary>
    private static string? Name(MappingReader keys, string? kind, YamlMapping root, ProblemList found)
    {
        if (keys.Text("name") is { Length: > 0 } name)
        {
            return name;
        }

        var only = KindNames.OnlyName(kind);
        if (kind is not null && only is null)
        {
            found.Error(root.At, "'name' is missing", $"add name, such as name: {KindNames.ExampleName(kind)}");
        }

        return only;
    }

    private static long? Version(string? text, YamlMapping root, ProblemList found)
    {
        if (text is null || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version >= 0))
        {
            return text is null ? null : long.Parse(text, CultureInfo.InvariantCulture);
        }

        found.Error(PlaceOf(root, "version"), $"'{Shown.Of(text)}' is no version", "write the number that 'edgepool get' shows, or remove it");
        return null;
    }

    private static YamlMapping? Spec(YamlMapping root, ProblemList found)
    {
        switch (root.Entries.FirstOrDefault(entry => entry.Key is "spec")?.Value)
        {
            case YamlMapping spec:
                return spec;
            case YamlText { IsNull: true } empty:
                return new YamlMapping(empty.At, empty.Path, []);
            case null:
                found.Error(root.At, "'spec' is missing", "write spec: and below it, further in, what the document says; spec: {} where that is nothing");
                return null;
            case var other:
                found.Error(other.At, $"spec is {other.Kind}", "write " + Example);
                return null;
        }
    }

    private static Position PlaceOf(YamlMapping root, string key) => root.Entries.First(entry => string.Equals(entry.Key, key, StringComparison.Ordinal)).Value.At;
}
