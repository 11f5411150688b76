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
        if (UnicodeSupport.FindFault() is { } fault)
        {
            problems.Unreadable(ProblemKind.Machine, fault, "install ICU (Debian: libicu72 or newer) and leave DOTNET_SYSTEM_GLOBALIZATION_INVARIANT unset");
            return new ConfigurationResult(Options: null, problems.InOrder);
        }

        var options = ReadText(file, problems) is { } text ? Compile(text, file, environment, problems) : null;
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

    private static ServerOptions? Compile(string text, string file, ConfigurationEnvironment environment, ProblemList problems)
    {
        if (YamlFile.Parse(text, problems) is not { } root)
        {
            return null;
        }

        problems.Locate(SourceMap.Of(root));
        var document = NodeDocumentReader.Read(root, problems);
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        return new NodeCompiler(folder, new NamedFiles(folder, problems), environment, problems).Compile(document);
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
