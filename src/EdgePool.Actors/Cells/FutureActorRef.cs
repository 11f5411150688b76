using EdgePool.Actors.Scheduling;

namespace EdgePool.Actors.Cells;

/// <summary>The reference that waits for the reply to one Ask. What comes after the first reply goes to dead letters.</summary>
internal sealed class FutureActorRef<T> : IInternalActorRef
{
    private readonly TaskCompletionSource<T> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IActorRef _asked;
    private readonly TimeSpan _timeout;
    private readonly ITimer? _timer;
    private readonly CancellationTokenRegistration _cancellation;
    private readonly Lock _watching = new();
    private List<IWatcher>? _watchers;
    private ActorPath? _path;

    public FutureActorRef(IInternalActorRef asked, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        _asked = asked;
        System = asked.System;
        _timeout = timeout ?? System.Settings.AskTimeout;
        if (_timeout != Timeout.InfiniteTimeSpan)
        {
            _timer = DetachedTimer.Create(System.TimeProvider, static state => ((FutureActorRef<T>)state!).OnTimeout(), this);
            _timer.Change(_timeout, Timeout.InfiniteTimeSpan);
        }

        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((FutureActorRef<T>)state!).OnCanceled(token), this);
        }

        if (Result.IsCompleted)
        {
            Close();
        }
    }

    public ActorPath Path => LazyInitializer.EnsureInitialized(ref _path, System.NextTemporaryPath)!;

    public ActorSystem System { get; }

    public Task<T> Result => _reply.Task;

    public void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        var isFirst = message switch
        {
            T reply => _reply.TrySetResult(reply),
            Status.Failure failure => _reply.TrySetException(failure.Cause),
            _ => _reply.TrySetException(new ArgumentException($"The reply is a {message.GetType()}, not a {typeof(T)}.", nameof(message))),
        };
        if (isFirst)
        {
            Close();
        }
        else
        {
            System.ReportDeadLetter(message, sender, this);
        }
    }

    public void AddWatcher(IWatcher watcher)
    {
        lock (_watching)
        {
            if (!Result.IsCompleted)
            {
                (_watchers ??= []).Add(watcher);
                return;
            }
        }

        watcher.OnDeath(this, existenceConfirmed: false);
    }

    public void RemoveWatcher(IWatcher watcher)
    {
        lock (_watching)
        {
            _watchers?.Remove(watcher);
        }
    }

    public override string ToString() => Path.ToString();

    private void OnTimeout()
    {
        if (_reply.TrySetException(new AskTimeoutException($"No reply from {_asked} within {_timeout}.")))
        {
            Close();
        }
    }

    private void OnCanceled(CancellationToken cancellationToken)
    {
        if (_reply.TrySetCanceled(cancellationToken))
        {
            Close();
        }
    }

    private void Close()
    {
        _timer?.Dispose();
        _cancellation.Unregister();
        List<IWatcher>? watchers;
        lock (_watching)
        {
            watchers = _watchers;
            _watchers = null;
        }

        watchers?.ForEach(watcher => watcher.OnDeath(this, existenceConfirmed: true));
    }
}
