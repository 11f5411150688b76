namespace EdgePool.Server.Cli.Connection;

/// <summary>A command cannot do what it was asked: what the operator reads, and the exit code that goes with it.</summary>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
/// <param name="message">What is wrong and what to do; several lines where there are several faults.</param>
internal sealed class CommandFailure(int exitCode, string message) : Exception(message)
{
    /// <summary>One of <see cref="Cli.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;
}
