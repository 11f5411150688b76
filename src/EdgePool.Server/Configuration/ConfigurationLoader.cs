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
        return new NodeCompiler(new NamedFiles(folder, problems), environment, problems).Compile(document);
    }

    private static string? ReadText(string file, ProblemList problems)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > LargestFile })
            {
                problems.Unreadable(ProblemKind.Content, "the file is larger than 16 MiB", "name the configuration file");
                return null;
            }

            if (StrictText.TryDecode(File.ReadAllBytes(file), out var text))
            {
                return text;
            }

            problems.Unreadable(ProblemKind.Content, "the file is not UTF-8 text", "save it as UTF-8");
        }
        catch (Exception) when (Directory.Exists(file))
        {
            problems.Unreadable(ProblemKind.NoFile, "this is a directory", "name the configuration file in it");
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            problems.Unreadable(ProblemKind.NoFile, "there is no such file", "give its path with --config; cluster-config/minimal.yaml is one to start from");
        }
        catch (UnauthorizedAccessException)
        {
            problems.Unreadable(ProblemKind.Permission, $"user {Environment.UserName} may not read it", $"chown {Environment.UserName} {file}, or run as its owner");
        }
        catch (IOException fault)
        {
            problems.Unreadable(ProblemKind.Content, "the file cannot be read", $"check the disk ({Shown.Of(fault.Message, 120)})");
        }

        return null;
    }
}
