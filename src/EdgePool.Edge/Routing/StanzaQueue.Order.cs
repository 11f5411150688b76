using EdgePool.Edge.Telemetry;

namespace EdgePool.Edge.Routing;

/// <content>Who may take from the queue, and when: stanzas of a pair keep their order while the way that they go changes.</content>
internal sealed partial class StanzaQueue
{
    private object? holder;
    private object? former;
    private bool resting;
    private Action? emptied;

    /// <summary>Takes the oldest segment for writing, unless another one holds the queue, or it awaits what goes before; give it back with <see cref="Release"/>.</summary>
    /// <param name="carrier">Who writes: as in <see cref="TryHold"/>; null: a stream.</param>
    public StanzaSegment? TakeFor(object? carrier)
    {
        lock (gate)
            return ReferenceEquals(holder, carrier) && former is null ? TakeHead() : null;
    }

    /// <summary>
    /// From now on this one alone takes from the queue, until <see cref="Free"/>: whatever else is attached waits until all that it took has ended, and so the order stands.
    /// False where another one holds it, or something waits that has come over a link.
    /// </summary>
    public bool TryHold(object carrier)
    {
        lock (gate)
        {
            if (holder is not null || retired || HasOfLink())
                return false;
            holder = carrier;
            return true;
        }
    }

    /// <summary>All that the holder took has ended: who is attached takes.</summary>
    public void Free(object carrier)
    {
        Action? next;
        lock (gate)
        {
            if (!ReferenceEquals(holder, carrier))
                return;
            holder = null;
            next = kick;
        }

        next?.Invoke();
    }

    /// <summary>Something waits that has come from another node.</summary>
    public bool WaitsForLink
    {
        get
        {
            lock (gate)
                return HasOfLink();
        }
    }

    /// <summary>Nobody takes what waits here until <see cref="Arrived"/> says that of <paramref name="before"/>, whatever was awaited until now; null: nothing is awaited.</summary>
    public void Await(object? before)
    {
        lock (gate)
            former = before;
    }

    /// <summary>What went before has ended, or is awaited no longer: who is attached takes. Does nothing where something else is awaited by now.</summary>
    public void Arrived(object before)
    {
        Action? next;
        lock (gate)
        {
            if (!ReferenceEquals(former, before))
                return;
            former = null;
            next = kick;
        }

        next?.Invoke();
    }

    /// <summary>Another way is taken: the queue refuses what comes with <see cref="BounceReason.BackEndUnavailable"/>, but for what is moved here, while its writer goes on with what it has.</summary>
    public bool IsResting
    {
        get
        {
            lock (gate)
                return resting;
        }
    }

    /// <summary>
    /// It rests from now on, in one step with what waits: each entry goes on elsewhere, or is left. Whoever brings more meanwhile waits, and finds the queue at rest.
    /// </summary>
    /// <param name="goesOn">As with <see cref="Close(BounceReason, bool, EntryMove, Action)"/>, and so is what follows.</param>
    /// <param name="gone">Called under the queue's lock, when nothing waits any more.</param>
    /// <returns>What was left, to be given back with <see cref="Release"/>.</returns>
    public StanzaSegment Rest(EntryMove goesOn, Action gone) => MoveAll(BounceReason.BackEndUnavailable, goesOn, () =>
    {
        gone();
        resting = true;
    });

    /// <summary>It rests from now on; call it within <c>gone</c> of <see cref="Close(BounceReason, bool, EntryMove, Action)"/>, when nothing waits.</summary>
    public void Rest() => resting = true;

    /// <summary>The queue takes again.</summary>
    public void Resume()
    {
        lock (gate)
            resting = false;
    }

    /// <summary>Calls <paramref name="then"/> once, when nothing waits here and all that was taken has ended: now, or with the last <see cref="Release"/>.</summary>
    public void WhenEmpty(Action then)
    {
        lock (gate)
        {
            if (bytes > 0)
            {
                emptied += then;
                return;
            }
        }

        then();
    }

    /// <summary>Moves each entry that waits, or leaves it; then <paramref name="gone"/>, all under the lock.</summary>
    private StanzaSegment MoveAll(BounceReason reason, EntryMove goesOn, Action gone)
    {
        var left = new StanzaSegment();
        List<TaskCompletionSource>? wake;
        bool empty;
        lock (gate)
        {
            while (TakeHead() is { } segment)
            {
                bytes -= segment.Length;
                accepted -= segment.Accepted;
                for (var entry = 0; entry < segment.Entries; entry++)
                {
                    if (!goesOn(segment, entry))
                        left.Append(segment, entry);
                }

                segment.Clear();
            }

            bytes += left.Length;
            accepted += left.Accepted;
            (backlog, RefusedWith) = (0, reason);
            wake = TakeWaiters();
            empty = accepted == 0;
            gone();
        }

        Wake(wake);
        if (empty)
            drained?.Invoke();
        return left;
    }

    private bool HasOfLink()
    {
        for (var segment = head; segment is not null; segment = segment.Next)
        {
            for (var entry = 0; entry < segment.Entries; entry++)
            {
                if (segment.IsOfLink(entry))
                    return true;
            }
        }

        return false;
    }
}
