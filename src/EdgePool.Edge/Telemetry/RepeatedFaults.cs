using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Telemetry;

/// <summary>
/// Whose faults the log has said in this minute: the first of a peer and reason is a warning, the others are for whoever debugs, and at the minute's end they are
/// counted in one line. A server that dials for each batch, and is sent away each time, does not fill the log. Safe from any thread.
/// </summary>
internal sealed class RepeatedFaults
{
    /// <summary>Peers and reasons of one minute: those beyond, strangers with ever new names, are one.</summary>
    public const int Most = 256;

    /// <summary>Who stands for all that are beyond <see cref="Most"/>.</summary>
    public const string Others = "others";

    private readonly Lock gate = new();
    private Dictionary<Fault, int> seen = [];

    /// <summary>Counts it, and says at which level it is logged.</summary>
    /// <param name="eventId">What the log says of one.</param>
    /// <param name="peer">The domain, or the address of one that has named none.</param>
    /// <param name="reason">The stable text.</param>
    public LogLevel Note(int eventId, string peer, string reason)
    {
        var fault = new Fault(eventId, peer, reason);
        lock (gate)
        {
            if (seen.Count >= Most && !seen.ContainsKey(fault))
                fault = new Fault(eventId, Others, "various");
            return ++CollectionsMarshal.GetValueRefOrAddDefault(seen, fault, out _) == 1 ? LogLevel.Warning : LogLevel.Debug;
        }
    }

    /// <summary>What came more than once since the last call, and how many times more; begins anew.</summary>
    public IReadOnlyList<(Fault Fault, int More)> Take()
    {
        Dictionary<Fault, int> taken;
        lock (gate)
        {
            if (seen.Count == 0)
                return [];
            (taken, seen) = (seen, []);
        }

        return [.. taken.Where(count => count.Value > 1).Select(count => (count.Key, count.Value - 1))];
    }

    /// <summary>What is the same to an operator.</summary>
    internal readonly record struct Fault(int EventId, string Peer, string Reason);
}

/// <summary>Says at the end of each minute, and of the node, what was not said one by one: <c>/edge/repeats</c>.</summary>
internal sealed class RepeatedFaultsActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly EdgeLogs logs;

    public RepeatedFaultsActor(EdgeLogs logs)
    {
        this.logs = logs;
        Receive<Turn>(_ => Say());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Turn), Turn.Instance, Every);

    protected override void PostStop() => Say();

    private void Say()
    {
        foreach (var (fault, more) in logs.Repeated.Take())
            StreamLog.Repeated(logs.Streams, fault.Peer, more, fault.Reason, fault.EventId);
    }

    private sealed class Turn
    {
        public static Turn Instance { get; } = new();
    }
}
