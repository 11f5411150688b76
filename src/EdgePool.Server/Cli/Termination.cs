using System.Runtime.InteropServices;

namespace EdgePool.Server.Cli;

/// <summary>The wish of the operating system or the operator that this process ends: SIGTERM or Ctrl+C. The first is ours to follow in order; a second one ends the process at once.</summary>
internal sealed class Termination : IDisposable
{
    private readonly TaskCompletionSource<PosixSignal> received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource cancellation = new();
    private readonly PosixSignalRegistration term;
    private readonly PosixSignalRegistration interrupt;

    public Termination()
    {
        term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
    }

    /// <summary>Completes with the first signal.</summary>
    public Task<PosixSignal> Received => received.Task;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => cancellation.Token;

    public void Dispose()
    {
        term.Dispose();
        interrupt.Dispose();
        cancellation.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = received.TrySetResult(context.Signal);
        if (context.Cancel)
        {
            cancellation.Cancel();
        }
    }
}
