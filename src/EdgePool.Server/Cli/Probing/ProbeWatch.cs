using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli.Probing;

/// <summary>Tells what is being waited for, when it takes longer than a second, and each second from then on.</summary>
internal sealed class ProbeWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly TextWriter error;
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private string? waiting;
    private long since;

    /// <summary>Watches from now on.</summary>
    public ProbeWatch(TextWriter error, TimeProvider time)
    {
        (this.error, this.time) = (error, time);
        timer = time.CreateTimer(_ => Tick(), state: null, Interval, Interval);
    }

    /// <summary>This is being waited for now.</summary>
    public void Wait(string what)
    {
        lock (gate)
        {
            (waiting, since) = (what, time.GetTimestamp());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            waiting = null;
        }

        timer.Dispose();
    }

    private void Tick()
    {
        lock (gate)
        {
            if (waiting is { } what && time.GetElapsedTime(since) is var elapsed && elapsed >= Interval)
            {
                error.WriteLine(FormattableString.Invariant($"edgepool: {Shown.Of(what, 300)}, {elapsed.TotalSeconds:0} s"));
            }
        }
    }
}
