using System.Text.RegularExpressions;
using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.Operators;

/// <summary>What a command wrote, on both of its outputs, and its exit code.</summary>
internal sealed record CommandResult(int Code, string Said);

/// <summary>An operator of a running node: each command is the real executable, over the node's management socket.</summary>
internal sealed partial class EdgeOperator(string socket)
{
    /// <summary>Runs a command, its words apart by spaces.</summary>
    public async Task<CommandResult> AskAsync(string command)
    {
        await using var process = await ServerProcess.StartAsync(
            "edgepool " + command, Path.Combine(AppContext.BaseDirectory, "edgepool"), [.. command.Split(' '), "--socket", socket]);
        var code = await process.WaitForExitAsync();
        return new CommandResult(code, Progress().Replace(process.Log, ""));
    }

    /// <summary>Runs a command that must succeed. An edit is in force when it returns.</summary>
    public async Task<string> DoAsync(string command)
    {
        var (code, said) = await AskAsync(command);
        Assert.True(code == 0, $"edgepool {command} ended with {code}:\n{said}");
        return said;
    }

    // On a machine that is busy a command tells each second how far it is, as in "edgepool: 1 documents".
    [GeneratedRegex("^edgepool: [0-9]+ .*\n", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Progress();
}
