using Microsoft.Extensions.Logging;

namespace EdgePool.Testing.Logging;

/// <summary>One log record as it was written; its values carry the names that the message template gives them.</summary>
public sealed record CollectedEvent(
    string Category, LogLevel Level, EventId Id, string Message, IReadOnlyDictionary<string, object?> Values, Exception? Error);

/// <summary>
/// Keeps the log records of a test, at most <see cref="Limit"/> of them (the older half goes then), and wakes who waits for one.
/// </summary>
public sealed class EventCollector : ILoggerProvider, ILoggerFactory
{
    public const int Limit = 100_000;

    private readonly Lock gate = new();
    private readonly List<CollectedEvent> events = [];
    private long forgotten;
    private TaskCompletionSource changed = NewSignal();

    /// <summary>The records kept at this moment, oldest first.</summary>
    public IReadOnlyCollection<CollectedEvent> Events
    {
        get
        {
            lock (gate)
                return [.. events];
        }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <summary>The first record, past or future, that <paramref name="wanted"/> accepts.</summary>
    public async Task<CollectedEvent> WaitForAsync(Func<CollectedEvent, bool> wanted, CancellationToken cancellationToken)
    {
        for (var next = 0L; ;)
        {
            var (fresh, signal) = Since(ref next);
            if (fresh.FirstOrDefault(wanted) is { } found)
                return found;
            await signal.WaitAsync(cancellationToken);
        }
    }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the collector is the only provider");

    public void Dispose()
    {
    }

    // What came since record number `next`, and the sign that more has come: no record is looked at twice.
    private (CollectedEvent[] Fresh, Task Signal) Since(ref long next)
    {
        lock (gate)
        {
            var from = (int)Math.Max(0, next - forgotten);
            next = forgotten + events.Count;
            return ([.. events.Skip(from)], changed.Task);
        }
    }

    private void Add(CollectedEvent record)
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            if (events.Count == Limit)
            {
                events.RemoveRange(0, Limit / 2);
                forgotten += Limit / 2;
            }

            events.Add(record);
            (signal, changed) = (changed, NewSignal());
        }

        signal.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Logger(EventCollector owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = state is IEnumerable<KeyValuePair<string, object?>> pairs
                ? pairs.GroupBy(p => p.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last().Value, StringComparer.Ordinal)
                : [];
            owner.Add(new CollectedEvent(category, logLevel, eventId, formatter(state, exception), values, exception));
        }
    }
}
