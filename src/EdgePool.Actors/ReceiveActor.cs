namespace EdgePool.Actors;

/// <summary>
/// An actor that declares a handler per message type, in its constructor or in the method given to Become. The first handler that
/// was declared and matches takes the message.
/// </summary>
public abstract class ReceiveActor : ActorBase
{
    private MessageHandler[] _handlers = [];
    private MessageHandler[] _initial = [];
    private Stack<MessageHandler[]>? _below;
    private bool _declaring = true;

    internal sealed override void Constructed()
    {
        _declaring = false;
        _initial = _handlers;
    }

    /// <summary>Handles messages of type <typeparamref name="T"/> that <paramref name="shouldHandle"/> accepts.</summary>
    protected void Receive<T>(Action<T> handler, Predicate<T>? shouldHandle = null) => Declare(new ActionHandler<T>(handler, shouldHandle));

    /// <summary>Handles messages of type <typeparamref name="T"/> that <paramref name="shouldHandle"/> accepts.</summary>
    protected void Receive<T>(Predicate<T> shouldHandle, Action<T> handler) => Declare(new ActionHandler<T>(handler, shouldHandle));

    /// <summary>Handles messages of type <typeparamref name="T"/>; false from the handler lets the next one try.</summary>
    protected void Receive<T>(Func<T, bool> handler) => Declare(new FuncHandler<T>(handler));

    /// <summary>Handles messages of type <typeparamref name="T"/> asynchronously; nothing else is handled before the task has completed.</summary>
    protected void ReceiveAsync<T>(Func<T, Task> handler, Predicate<T>? shouldHandle = null) =>
        Declare(new AsyncHandler<T>(this, handler, shouldHandle));

    /// <summary>Handles messages of type <typeparamref name="T"/> asynchronously; nothing else is handled before the task has completed.</summary>
    protected void ReceiveAsync<T>(Predicate<T> shouldHandle, Func<T, Task> handler) =>
        Declare(new AsyncHandler<T>(this, handler, shouldHandle));

    /// <summary>Handles whatever no handler before took. Nothing can be declared after it.</summary>
    protected void ReceiveAny(Action<object> handler) => Declare(new ActionHandler<object>(handler, null) { TakesAll = true });

    /// <summary>Handles asynchronously whatever no handler before took. Nothing can be declared after it.</summary>
    protected void ReceiveAnyAsync(Func<object, Task> handler) => Declare(new AsyncHandler<object>(this, handler, null) { TakesAll = true });

    /// <summary>Replaces the current behaviour by the handlers that <paramref name="configure"/> declares.</summary>
    protected void Become(Action configure) => _handlers = Collect(configure);

    /// <summary>Puts the handlers that <paramref name="configure"/> declares on top of the current behaviour.</summary>
    protected void BecomeStacked(Action configure)
    {
        var handlers = Collect(configure);
        (_below ??= new Stack<MessageHandler[]>()).Push(_handlers);
        _handlers = handlers;
    }

    /// <summary>Returns to the behaviour below, the lowest being that of the constructor.</summary>
    protected void UnbecomeStacked() => _handlers = _below is { Count: > 0 } ? _below.Pop() : _initial;

    /// <inheritdoc/>
    protected sealed override bool Receive(object message)
    {
        foreach (var handler in _handlers)
        {
            if (handler.TryHandle(message))
            {
                return true;
            }
        }

        return false;
    }

    private MessageHandler[] Collect(Action configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var current = _handlers;
        _handlers = [];
        _declaring = true;
        try
        {
            configure();
            return _handlers;
        }
        finally
        {
            _declaring = false;
            _handlers = current;
        }
    }

    private void Declare(MessageHandler handler)
    {
        if (!_declaring)
        {
            throw new InvalidOperationException("Handlers can be declared only in the constructor and in the method given to Become.");
        }

        if (_handlers.Length > 0 && _handlers[^1].TakesAll)
        {
            throw new InvalidOperationException("A handler before this one takes all messages.");
        }

        _handlers = [.. _handlers, handler];
    }

    private abstract class MessageHandler
    {
        public bool TakesAll { get; init; }

        public abstract bool TryHandle(object message);
    }

    private sealed class ActionHandler<T>(Action<T> handler, Predicate<T>? shouldHandle) : MessageHandler
    {
        public override bool TryHandle(object message)
        {
            if (message is not T typed || (shouldHandle is not null && !shouldHandle(typed)))
            {
                return false;
            }

            handler(typed);
            return true;
        }
    }

    private sealed class FuncHandler<T>(Func<T, bool> handler) : MessageHandler
    {
        public override bool TryHandle(object message) => message is T typed && handler(typed);
    }

    private sealed class AsyncHandler<T>(ReceiveActor actor, Func<T, Task> handler, Predicate<T>? shouldHandle) : MessageHandler
    {
        public override bool TryHandle(object message)
        {
            if (message is not T typed || (shouldHandle is not null && !shouldHandle(typed)))
            {
                return false;
            }

            actor.RunTask(handler, typed);
            return true;
        }
    }
}
