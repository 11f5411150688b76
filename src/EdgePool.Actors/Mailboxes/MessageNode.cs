using System.Diagnostics.CodeAnalysis;

namespace EdgePool.Actors.Mailboxes;

/// <summary>One queued message and the link to the next. The consumed node stays as the head, without its message.</summary>
internal sealed class MessageNode(object? message, IActorRef? sender)
{
    private object? _message = message;
    private IActorRef? _sender = sender;
    private MessageNode? _next;

    public MessageNode? Next => Volatile.Read(ref _next);

    public void Link(MessageNode next) => Volatile.Write(ref _next, next);

    /// <summary>A consumed node must not keep its successors alive, or old garbage would promote young nodes.</summary>
    public void Unlink() => _next = null;

    public Envelope Take()
    {
        var envelope = new Envelope(_message!, _sender);
        _message = null;
        _sender = null;
        return envelope;
    }

    /// <summary>A producer is between its two steps: wait a moment, and let the turn end if it has lost its processor.</summary>
    public bool TryAwaitNext([NotNullWhen(true)] out MessageNode? next)
    {
        var spinner = default(SpinWait);
        while ((next = Next) is null && !spinner.NextSpinWillYield)
        {
            spinner.SpinOnce();
        }

        return next is not null;
    }
}
