using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace EdgePool.Testing.Logging;

/// <summary>One log record as it was written; its values carry the names that the message template gives them.</summary>
public sealed record CollectedEvent(
    string Category, LogLevel Level, EventId Id, string Message, IReadOnlyDictionary<string, object?> Values, Exception? Error);

/// <summary>
/// Keeps the log records of a test, the newest <see cref="Limit"/> of them, and wakes who waits for one.
/// </summary>
public sealed class EventCollector : ILoggerProvider, ILoggerFactory
{
    public const int Limit = 100_000;

    private readonly ConcurrentQueue<CollectedEvent> events = new();
    private volatile TaskCompletionSource changed = NewSignal();

    public IReadOnlyCollection<CollectedEvent> Events => events;

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <summary>The first record, past or future, that <paramref name="wanted"/> accepts.</summary>
    public async Task<CollectedEvent> WaitForAsync(Func<CollectedEvent, bool> wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            var signal = changed.Task;
            if (events.FirstOrDefault(wanted) is { } found)
                return found;
            await signal.WaitAsync(cancellationToken);
        }
    }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the collector is the only provider");

    public void Dispose()
    {
    }

    private void Add(CollectedEvent record)
    {
        events.Enqueue(record);
        while (events.Count > Limit)
            events.TryDequeue(out _);
        Interlocked.Exchange(ref changed, NewSignal()).TrySetResult();
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
