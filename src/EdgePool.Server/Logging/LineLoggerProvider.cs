using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Logging;

/// <summary>Loggers that write lines to one <see cref="LogOutput"/>.</summary>
internal sealed class LineLoggerProvider(LogOutput output, LogSettings settings, TimeProvider time) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName, output, settings, time);

    public void Dispose()
    {
        // The output outlives its loggers: whoever made it flushes it.
    }

    private sealed class LineLogger(string category, LogOutput output, LogSettings settings, TimeProvider time) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= settings.Level && logLevel is not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var values = state as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
            var line = new LogLine(time.GetUtcNow(), logLevel, category, eventId, formatter(state, exception), values, exception);
            output.Write(LogFormatter.Format(line, settings.Format));
        }
    }
}
