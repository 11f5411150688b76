using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Edge.StreamManagement;

/// <summary>How many lost streams, and how many bytes of them, are kept.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct LostLimits(int Streams, int StreamsPerPartner, long Bytes);

/// <summary>
/// The lost streams that may be resumed, each for its time and all within limits: the oldest of a partner gives way to its newest; where the node has no room, a
/// stream that is lost is over at once. What ends here is answered as behind any stream that is lost. From any thread.
/// </summary>
internal sealed class LostStreams(LostLimits limits, TimeProvider time, Bouncer bouncer, ResumableStreams resumable)
{
    private readonly Lock gate = new();
    private readonly List<Kept> kept = []; // the oldest first
    private long bytes;
    private bool closed;

    /// <summary>Those among them, and those that stand, which peers may resume.</summary>
    public ResumableStreams Resumable => resumable;

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return kept.Count;
        }
    }

    /// <summary>Keeps a stream that is lost until it is resumed or over; it may be over at once.</summary>
    /// <param name="lost">The stream.</param>
    /// <param name="partner">Whose it is, for the limits.</param>
    public void Add(LostStream lost, string partner)
    {
        LostStream? oldest = null;
        bool room;
        lost.Left = Remove;
        lock (gate)
        {
            var left = lost.Terms.AtMost - time.GetElapsedTime(lost.Terms.Since);
            var same = kept.FindAll(other => string.Equals(other.Partner, partner, StringComparison.Ordinal));
            if (limits.StreamsPerPartner > 0 && same.Count >= limits.StreamsPerPartner)
                oldest = same[0].Lost;
            room = !closed && left > TimeSpan.Zero && limits.StreamsPerPartner > 0 && kept.Count - (oldest is null ? 0 : 1) < limits.Streams
                && bytes - (oldest?.Bytes ?? 0) + lost.Bytes <= limits.Bytes && lost.Terms.Stand;
            if (room)
            {
                bytes += lost.Bytes;
                kept.Add(new Kept(lost, partner, time.CreateTimer(_ => End(lost), state: null, left, Timeout.InfiniteTimeSpan)));
            }
        }

        if (!room)
            End(lost);
        else if (oldest is not null)
            End(oldest);
    }

    /// <summary>It is not to be resumed: what the peer has not acknowledged is answered. Nothing where it is gone already.</summary>
    public void End(LostStream lost)
    {
        if (!lost.TryTake())
            return;
        Lose(lost.Sent, bouncer);
        resumable.End(lost);
    }

    /// <summary>Ends those that policy has come to refuse.</summary>
    public void Sweep() => EndWhere(static lost => !lost.Terms.Stand);

    /// <summary>The node ends: they do, and no further one is kept.</summary>
    public void Close()
    {
        lock (gate)
            closed = true;
        EndWhere(static _ => true);
    }

    /// <summary>Answers what a stream's peer has not acknowledged: it may have arrived.</summary>
    public static void Lose(SentStanzas sent, Bouncer bouncer)
        => sent.Lose((segment, first) => bouncer.Refuse(segment, ContentNamespace.Server, BounceReason.StreamLost, first));

    private void EndWhere(Func<LostStream, bool> over)
    {
        List<Kept> all;
        lock (gate)
            all = [.. kept];
        foreach (var (lost, _, _) in all)
        {
            if (over(lost))
                End(lost);
        }
    }

    private void Remove(LostStream lost)
    {
        lock (gate)
        {
            if (kept.FindIndex(other => ReferenceEquals(other.Lost, lost)) is not (>= 0 and var index))
                return;
            bytes -= lost.Bytes;
            kept[index].Timer.Dispose();
            kept.RemoveAt(index);
        }
    }

    private sealed record Kept(LostStream Lost, string Partner, ITimer Timer);
}
