using System.CommandLine;

namespace EdgePool.Server.Cli;

/// <summary>A command whose help ends with notes of its own.</summary>
internal sealed class NotedCommand(string name, string description, string notes) : Command(name, description)
{
    /// <summary>Examples and exit codes.</summary>
    public string Notes { get; } = notes;
}
