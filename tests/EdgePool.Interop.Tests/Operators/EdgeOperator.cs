using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.Operators;

/// <summary>What a command wrote, on both of its outputs, and its exit code.</summary>
internal sealed record CommandResult(int Code, string Said);

/// <summary>An operator of a running node: each command is the real executable, over the node's management socket.</summary>
internal sealed class EdgeOperator(string socket)
{
    /// <summary>Runs a command, its words apart by spaces.</summary>
    public async Task<CommandResult> AskAsync(string command)
    {
        await using var process = await ServerProcess.StartAsync(
            "edgepool " + command, Path.Combine(AppContext.BaseDirectory, "edgepool"), [.. command.Split(' '), "--socket", socket]);
        return new CommandResult(await process.WaitForExitAsync(), process.Log);
    }

    /// <summary>Runs a command that must succeed. An edit is in force when it returns.</summary>
    public async Task<string> DoAsync(string command)
    {
        var (code, said) = await AskAsync(command);
        Assert.True(code == 0, $"edgepool {command} ended with {code}:\n{said}");
        return said;
    }
}
