using EdgePool.Server.Logging;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Demo;

/// <summary>The node's log in the demo: warnings and worse, the latest of them kept for the screen, and each written as it comes where there is no screen.</summary>
internal sealed class RecentWarnings(TextWriter? target, TimeProvider time) : ILoggerProvider
{
    /// <summary>Lines that are kept.</summary>
    public const int Kept = 4;

    private readonly Lock gate = new();
    private readonly Queue<string> lines = new();

    /// <summary>The demo itself is taking things down: only errors count from now on.</summary>
    public bool Stopping { get; set; }

    /// <summary>The latest lines, oldest first.</summary>
    public IReadOnlyList<string> Latest
    {
        get
        {
            lock (gate)
            {
                return [.. lines];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, time, categoryName);

    public void Dispose()
    {
        // Nothing is held open.
    }

    private void Add(string line)
    {
        lock (gate)
        {
            target?.WriteLine(line);
            lines.Enqueue(line);
            if (lines.Count > Kept)
            {
                lines.Dequeue();
            }
        }
    }

    private sealed class Logger(RecentWarnings owner, TimeProvider time, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && logLevel >= (owner.Stopping ? LogLevel.Error : LogLevel.Warning);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var values = state as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
            owner.Add(LogFormatter.Format(new LogLine(time.GetUtcNow(), logLevel, category, eventId, formatter(state, exception), values, exception), LogFormat.Text));
        }
    }
}
