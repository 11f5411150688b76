using System.CommandLine;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli;

/// <summary><c>edgepool check config</c>: everything that is wrong with a configuration, without running it.</summary>
internal static class CheckConfigCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment)
    {
        var config = ConfigOption.Create();
        var command = new Command("config", "Read a configuration and every file it names, and tell all errors and warnings with line and remedy.") { config };
        command.SetAction(result => Check(result.GetRequiredValue(config), environment, result.InvocationConfiguration.Output));
        return command;
    }

    private static int Check(string file, ConfigurationEnvironment environment, TextWriter output)
    {
        var result = ConfigurationLoader.Load(file, environment);
        ConfigurationReport.Write(result, output);
        output.WriteLine($"{file}: {ConfigurationReport.Count(result, ProblemSeverity.Error)}, {ConfigurationReport.Count(result, ProblemSeverity.Warning)}");
        return ConfigurationReport.CheckExitCodeOf(result);
    }
}
