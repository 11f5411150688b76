namespace EdgePool.Edge.StreamManagement;

/// <summary>
/// The account of what a peer sent on a stream under stream management: our side of XEP-0198's promise, end to end. A stanza is <em>handled</em>, and
/// acknowledged, when its fate and that of all before it is sealed: it was written to its target (acknowledged by it, where the target speaks XEP-0198 too), or
/// the error that answers it was, or it was dropped. Whatever is lost with this node was thus never acknowledged, and its sender still has it.
/// </summary>
/// <remarks>
/// Stanzas are sealed in any order, from any thread: one bit for each that came behind the first unsealed one, at most <see cref="MostUnsettled"/>. The
/// count is sent by the stream's writer, which takes it when it writes (<see cref="TryTakeDue"/>): however often a peer asks, one answer stands for all.
/// It is due when the peer asks; once more when all that had come by then is handled; and every <see cref="AnswerEvery"/> stanzas.
/// </remarks>
internal sealed class ReceivedStanzas : IThreadPoolWorkItem
{
    /// <summary>Stanzas that may have come behind one that is not settled; a peer that sends more without an answer is let go, and still has them all.</summary>
    public const int MostUnsettled = 1 << 20;

    /// <summary>An unasked answer goes out when the count has grown by this.</summary>
    public const int AnswerEvery = 128;

    /// <summary>Requests between two calls of <see cref="OnTick"/> that no stanza came before; an honest peer needs one.</summary>
    public const int MostIdleRequests = 100;

    private const int Word = 64;

    private readonly Lock gate = new();
    private Action wake;
    private ulong[] settled = new ulong[4]; // bit n & mask: stanza n is sealed, though one before it is not
    private uint taken;
    private uint handled;
    private uint sent;
    private uint owedTo;
    private uint takenAtRequest;
    private uint repeated;
    private int idleRequests;
    private bool asked;
    private bool owed;
    private bool due;
    private bool waking;

    /// <param name="wake">Wakes the stream's writer; called on the pump's thread or on the thread pool.</param>
    public ReceivedStanzas(Action wake) => this.wake = wake;

    /// <summary>They come from another node of the pool, and so do not go to a further one.</summary>
    public bool IsOfLink { get; init; }

    /// <summary>How many are handled: what the peer is told.</summary>
    public uint Handled
    {
        get
        {
            lock (gate)
                return handled;
        }
    }

    /// <summary>How many came whose fate, or that of one before them, is open.</summary>
    public int Unsettled
    {
        get
        {
            lock (gate)
                return (int)(taken - handled);
        }
    }

    /// <summary>The peer has no business to send more before it was answered.</summary>
    public bool IsFull => Unsettled >= MostUnsettled;

    /// <summary>Bytes of memory that it takes.</summary>
    public int Bytes
    {
        get
        {
            lock (gate)
                return settled.Length * sizeof(ulong);
        }
    }

    /// <summary>An answer waits to be written.</summary>
    public bool IsDue => Volatile.Read(ref due);

    /// <summary>A stanza has come; false: it had come before, on the stream that this one resumes, and is in our hands already.</summary>
    public bool TryTake(out StanzaMark mark)
    {
        mark = default;
        lock (gate)
        {
            if (repeated > 0)
            {
                repeated--;
                return false;
            }

            mark = TakeNext();
            return true;
        }
    }

    /// <summary>A stanza has come that cannot have come before.</summary>
    public StanzaMark Take()
    {
        lock (gate)
            return TakeNext();
    }

    /// <summary>The stream is lost: nobody is told anything, until it is resumed.</summary>
    public void Suspend() => Volatile.Write(ref wake, static () => { });

    /// <summary>
    /// The stream goes on as another one, whose writer is to be woken. Returns the count that its peer is told: what is more comes again, and what of that we had
    /// taken is passed over.
    /// </summary>
    public uint Resume(Action writer)
    {
        lock (gate)
        {
            sent = handled;
            repeated = taken - handled;
            (asked, owed, idleRequests) = (false, false, 0);
            Volatile.Write(ref due, false);
            Volatile.Write(ref wake, writer);
            return sent;
        }
    }

    /// <summary>The fate of a stanza is sealed.</summary>
    public void Seal(uint number)
    {
        bool ask;
        lock (gate)
        {
            if (number == handled)
                Advance();
            else
                Bits(number) |= Bit(number);
            ask = BecomesDue() && !waking;
            waking |= ask;
        }

        if (ask)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false); // not in place: a writer that hands on is not to run another stream's
    }

    /// <summary>The peer asks; false when it has asked more often than there is a reason to.</summary>
    public bool Request()
    {
        lock (gate)
        {
            asked = true;
            idleRequests = taken == takenAtRequest ? idleRequests + 1 : 0;
            takenAtRequest = taken;
            return idleRequests <= MostIdleRequests;
        }
    }

    /// <summary>Answers what the peer has asked since the last time. To be called when what came with it was handed on as far as it goes at once.</summary>
    public void Answer()
    {
        lock (gate)
        {
            if (!asked)
                return;
            asked = false;
            owedTo = taken;
            owed = taken != handled;
            Volatile.Write(ref due, true);
        }

        Volatile.Read(ref wake)();
    }

    /// <summary>From time to time: what the peer has not been told becomes due.</summary>
    public void OnTick()
    {
        lock (gate)
        {
            idleRequests = 0;
            if (handled == sent)
                return;
            Volatile.Write(ref due, true);
        }

        Volatile.Read(ref wake)();
    }

    /// <summary>Takes the answer that is due, for writing.</summary>
    /// <param name="h">The count.</param>
    /// <param name="last">The stream ends: also what is not due.</param>
    public bool TryTakeDue(out uint h, bool last = false)
    {
        lock (gate)
        {
            h = handled;
            if (!due && !(last && handled != sent))
                return false;
            sent = handled;
            owed &= (int)(owedTo - handled) > 0;
            Volatile.Write(ref due, false);
            return true;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        lock (gate)
            waking = false;
        Volatile.Read(ref wake)();
    }

    private StanzaMark TakeNext()
    {
        var number = taken++;
        if (taken - handled > (uint)(settled.Length * Word))
            Grow();
        return new StanzaMark(this, number);
    }

    private void Advance()
    {
        handled++;
        while (handled != taken && (Bits(handled) & Bit(handled)) != 0)
        {
            Bits(handled) &= ~Bit(handled);
            handled++;
        }
    }

    private bool BecomesDue()
    {
        if (due || !((owed && (int)(owedTo - handled) <= 0) || handled - sent >= AnswerEvery))
            return false;
        Volatile.Write(ref due, true);
        return true;
    }

    private ref ulong Bits(uint number) => ref settled[(number / Word) & (uint)(settled.Length - 1)];

    private static ulong Bit(uint number) => 1UL << (int)(number % Word);

    private void Grow()
    {
        var old = settled;
        settled = new ulong[old.Length * 2];
        for (var number = handled; number != taken - 1; number++)
        {
            if ((old[(number / Word) & (uint)(old.Length - 1)] & Bit(number)) != 0)
                Bits(number) |= Bit(number);
        }
    }
}
