using System.CommandLine;

namespace EdgePool.Server.Cli;

/// <summary><c>--config FILE</c>.</summary>
internal static class ConfigOption
{
    /// <summary>The option; the same for every command that takes it.</summary>
    public static Option<string> Create() => new("--config", "-c")
    {
        Description = "The configuration file (YAML). Paths in it are relative to its folder.",
        HelpName = "FILE",
        Required = true,
    };
}
