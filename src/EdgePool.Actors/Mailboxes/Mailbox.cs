using EdgePool.Actors.Cells;

namespace EdgePool.Actors.Mailboxes;

/// <summary>
/// The queues of one actor and the right to run it.
/// <para>
/// User messages form a linked queue of many producers and one consumer. A producer swaps itself in as the tail and then links its
/// predecessor to itself; between the two steps the chain has a gap, so "is it empty?" is answered by comparing head and tail, never by
/// following links. System messages form a stack that the consumer takes whole and reverses.
/// </para>
/// <para>
/// <c>_status</c> is the right to run. Whoever moves it from Idle (or, with a system message, from Suspended) to Scheduled puts the
/// mailbox on the thread pool, once. The turn that holds the right gives it back with an exchange, a full fence, and then looks at the queues
/// again: a producer that saw Scheduled after its swap is therefore seen by that look. While an asynchronous handler is outstanding nobody
/// gives the right back, which is all that is needed to keep other turns, system messages included, from running in parallel with it.
/// </para>
/// <para>
/// During a turn the consumer keeps the head in a local variable: producers write the cache line of the tail, and a store per message
/// next to it would cost both sides more than the queue itself. Everything below <c>_status</c> is touched by turns only.
/// </para>
/// <para>
/// Not guaranteed: order between different senders, and that a bounded mailbox holds exactly its capacity while several producers race
/// (each reserves before it adds, so it never holds more). An ended actor's mailbox stays usable: its turns move messages to dead letters.
/// </para>
/// </summary>
internal sealed class Mailbox : IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Scheduled = 1;
    private const int Suspended = 2;

    private readonly ActorCell _cell;
    private readonly int _capacity;
    private MessageNode _tail;
    private SystemMessage? _system;
    private int _count;
    private int _status;

    private MessageNode _head;
    private LinkedList<Envelope>? _front;
    private int _suspensions;

    public Mailbox(ActorCell cell, int capacity)
    {
        _cell = cell;
        _capacity = capacity;
        _head = _tail = new MessageNode(null, null);
    }

    /// <summary>Adds a user message; a full bounded mailbox sends it to dead letters.</summary>
    public void Post(object message, IActorRef? sender)
    {
        if (_capacity != 0 && Interlocked.Increment(ref _count) > _capacity)
        {
            Interlocked.Decrement(ref _count);
            _cell.System.ReportOverflow(message, sender, _cell.Self);
            return;
        }

        Enqueue(new MessageNode(message, sender));
    }

    /// <summary>Adds a message that the kernel owes the actor, whatever the capacity.</summary>
    public void PostAlways(object message, IActorRef? sender)
    {
        if (_capacity != 0)
        {
            Interlocked.Increment(ref _count);
        }

        Enqueue(new MessageNode(message, sender));
    }

    /// <summary>Adds a system message. It is never refused.</summary>
    public void Post(SystemMessage message)
    {
        SystemMessage? top;
        do
        {
            top = Volatile.Read(ref _system);
            message.Next = top;
        }
        while (Interlocked.CompareExchange(ref _system, message, top) != top);

        var status = Volatile.Read(ref _status);
        while (status != Scheduled)
        {
            var seen = Interlocked.CompareExchange(ref _status, Scheduled, status);
            if (seen == status)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
                return;
            }

            status = seen;
        }
    }

    /// <summary>Puts unstashed messages before all others, in their order. Own turn only.</summary>
    public void Prepend(IReadOnlyList<Envelope> messages)
    {
        _front ??= new LinkedList<Envelope>();
        for (var i = messages.Count - 1; i >= 0; i--)
        {
            _front.AddFirst(messages[i]);
        }
    }

    /// <summary>User messages wait until as many resumes. Own turn only.</summary>
    public void SuspendMessages() => _suspensions++;

    public void ResumeMessages() => _suspensions = Math.Max(0, _suspensions - 1);

    /// <summary>Lets the turns of an ended actor move everything to dead letters. Own turn only.</summary>
    public void ReleaseMessages() => _suspensions = 0;

    void IThreadPoolWorkItem.Execute()
    {
        bool completed;
        ActorCell.EnterTurn(_cell);
        try
        {
            completed = RunTurn();
        }
        finally
        {
            ActorCell.LeaveTurn();
        }

        if (completed)
        {
            EndTurn();
        }
        else
        {
            _cell.WhenTaskCompletes(this);
        }
    }

    private void Enqueue(MessageNode node)
    {
        Interlocked.Exchange(ref _tail, node).Link(node);
        if (Volatile.Read(ref _status) == Idle && Interlocked.CompareExchange(ref _status, Scheduled, Idle) == Idle)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
    }

    /// <summary>False when a handler's task is outstanding: the turn is then not over.</summary>
    private bool RunTurn()
    {
        if (_cell.HasTask && !_cell.TryEndTask())
        {
            return false;
        }

        var head = _head;
        ProcessSystemMessages();
        for (var left = _cell.System.Throughput; left > 0 && _suspensions == 0; left--)
        {
            if (!TryTake(ref head, out var envelope))
            {
                break;
            }

            _cell.Invoke(envelope);
            if (_cell.HasTask)
            {
                _head = head;
                return false;
            }

            if (Volatile.Read(ref _system) is not null)
            {
                ProcessSystemMessages();
            }
        }

        _head = head;
        return true;
    }

    private void EndTurn()
    {
        // All that belongs to turns is read before the right is given back; from then on another turn may be running.
        var status = _suspensions > 0 ? Suspended : Idle;
        var head = _head;
        var front = _front is { Count: > 0 };
        Interlocked.Exchange(ref _status, status);

        var hasWork = Volatile.Read(ref _system) is not null
            || (status == Idle && (front || !ReferenceEquals(Volatile.Read(ref _tail), head)));
        if (hasWork && Interlocked.CompareExchange(ref _status, Scheduled, status) == status)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private bool TryTake(ref MessageNode head, out Envelope envelope)
    {
        if (_front is { Count: > 0 })
        {
            envelope = _front.First!.Value;
            _front.RemoveFirst();
            return true;
        }

        var next = head.Next;
        if (next is null)
        {
            if (ReferenceEquals(head, Volatile.Read(ref _tail)) || !head.TryAwaitNext(out next))
            {
                envelope = default;
                return false;
            }
        }

        envelope = next.Take();
        head.Unlink();
        head = next;
        if (_capacity != 0)
        {
            Interlocked.Decrement(ref _count);
        }

        return true;
    }

    private void ProcessSystemMessages()
    {
        while (Interlocked.Exchange(ref _system, null) is { } newest)
        {
            SystemMessage? oldest = null;
            for (SystemMessage? message = newest; message is not null;)
            {
                var next = message.Next;
                message.Next = oldest;
                oldest = message;
                message = next;
            }

            for (var message = oldest; message is not null;)
            {
                var next = message.Next;
                message.Next = null;
                _cell.Invoke(message);
                message = next;
            }
        }
    }
}
