using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Telemetry;

/// <summary>Says in the log what the actor system publishes of faults: the actor by its path, whose last part is a stream's number where it is a stream.</summary>
internal sealed class FaultsActor : ReceiveActor
{
    public FaultsActor(ILogger log)
        => Receive<Error>(fault => StreamLog.Fault(log, fault.Cause, fault.LogSource));

    protected override void PreStart() => Context.System.EventStream.Subscribe<Error>(Self);
}
