using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli;

/// <summary>Tells what is wrong with a configuration, one line each, and the exit code that goes with it.</summary>
internal static class ConfigurationReport
{
    /// <summary>Writes every problem.</summary>
    public static void Write(ConfigurationResult result, TextWriter target)
    {
        foreach (var problem in result.Problems)
        {
            target.WriteLine(problem.ToString());
        }
    }

    /// <summary>For a command that cannot go on with these errors.</summary>
    public static int ExitCodeOf(ConfigurationResult result) => ExitCodeOf(result.Problems);

    /// <summary>For a command that cannot go on with these errors.</summary>
    public static int ExitCodeOf(IEnumerable<ConfigurationProblem> problems)
    {
        var kinds = problems.Where(problem => problem.Severity is ProblemSeverity.Error).Select(error => error.Kind).ToHashSet();
        return kinds switch
        {
            _ when kinds.Contains(ProblemKind.Machine) => ExitCode.Unavailable,
            _ when kinds.Contains(ProblemKind.NoFile) => ExitCode.NoConfiguration,
            _ when kinds.Contains(ProblemKind.Permission) => ExitCode.Permission,
            { Count: > 0 } => ExitCode.Configuration,
            _ => ExitCode.Success,
        };
    }

    /// <summary>For a check: the file was read and judged, or it could not be read at all.</summary>
    public static int CheckExitCodeOf(ConfigurationResult result)
    {
        var read = result.Problems.All(problem => problem.Position is not null || problem.Kind is ProblemKind.Content);
        return read && result.Errors.Any() ? ExitCode.Failed : ExitCodeOf(result);
    }

    /// <summary>How many of a severity, in words.</summary>
    public static string Count(ConfigurationResult result, ProblemSeverity severity)
    {
        var count = result.Problems.Count(problem => problem.Severity == severity);
        var word = severity is ProblemSeverity.Error ? "error" : "warning";
        return FormattableString.Invariant($"{count} {word}{(count == 1 ? "" : "s")}");
    }
}
