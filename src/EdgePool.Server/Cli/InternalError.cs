using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli;

/// <summary>How a fault of our own is told.</summary>
internal static class InternalError
{
    /// <summary>One line for the operator, then the stack for us.</summary>
    public static void Write(Exception fault, TextWriter error)
    {
        error.WriteLine($"edgepool: internal error: {fault.GetType().Name}: {Shown.Of(fault.Message, 200)} — this is a fault of EdgePool: report it with the lines below");
        error.WriteLine(fault.StackTrace);
        error.Flush();
    }
}
