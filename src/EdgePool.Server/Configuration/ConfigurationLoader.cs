using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Compilation;
using EdgePool.Server.Configuration.Files;
using EdgePool.Server.Configuration.Written;
using EdgePool.Server.Configuration.Yaml;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Server.Configuration;

/// <summary>What became of a configuration file.</summary>
/// <param name="Options">What to run; null when there is an error.</param>
/// <param name="Problems">All errors and warnings, in the order of the file.</param>
internal sealed record ConfigurationResult(ServerOptions? Options, IReadOnlyList<ConfigurationProblem> Problems)
{
    /// <summary>Those that keep the node from running.</summary>
    public IEnumerable<ConfigurationProblem> Errors => Problems.Where(problem => problem.Severity is ProblemSeverity.Error);
}

/// <summary>Where a configuration's node is reached.</summary>
/// <param name="Management">The paths; null when the file cannot be read.</param>
/// <param name="Problems">Why not.</param>
internal sealed record ConfigurationSocket(ManagementSettings? Management, IReadOnlyList<ConfigurationProblem> Problems);

/// <summary>From a file to options, in three steps: text to written document, document to compiled options, and every error of all of them at once.</summary>
internal static class ConfigurationLoader
{
    private const int LargestFile = 16 * 1024 * 1024;

    /// <summary>Loads a file and the files that it names.</summary>
    public static ConfigurationResult Load(string file, ConfigurationEnvironment environment)
    {
        var problems = new ProblemList(file);
        var options = ReadDocument(file, problems) is { } document ? Compile(document, file, environment, problems) : null;
        return new ConfigurationResult(problems.HasErrors ? null : options, problems.InOrder);
    }

    /// <summary>Reads of a file only where its node is reached; null when it cannot be read, which is then among the problems.</summary>
    public static ConfigurationSocket LoadSocket(string file)
    {
        var problems = new ProblemList(file);
        if (ReadText(file, problems) is not { } text || YamlFile.Parse(text, problems) is not { } root)
        {
            return new ConfigurationSocket(Management: null, problems.InOrder);
        }

        // The rest of the file is the node's business, and may not even be ours to read.
        var document = NodeDocumentReader.Read(root, new ProblemList(file));
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        return new ConfigurationSocket(ManagementCompiler.Paths(document, folder), problems.InOrder);
    }

    /// <summary>The document alone, without the files that it names; null, with errors, when the file cannot be read as one.</summary>
    public static NodeDocument? ReadDocument(string file, ProblemList problems)
    {
        if (UnicodeSupport.FindFault() is { } fault)
        {
            problems.Unreadable(ProblemKind.Machine, fault, "install ICU (Debian: libicu72 or newer) and leave DOTNET_SYSTEM_GLOBALIZATION_INVARIANT unset");
            return null;
        }

        if (ReadText(file, problems) is not { } text || YamlFile.Parse(text, problems) is not { } root)
        {
            return null;
        }

        problems.Locate(SourceMap.Of(root));
        return NodeDocumentReader.Read(root, problems);
    }

    private static ServerOptions Compile(NodeDocument document, string file, ConfigurationEnvironment environment, ProblemList problems)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        return new NodeCompiler(folder, new NamedFiles(folder, problems), environment, problems).Compile(document);
    }

    private static string? ReadText(string file, ProblemList problems)
        => TextFile.Read(file, LargestFile, "give its path with --config; cluster-config/minimal.yaml is one to start from", problems);
}
