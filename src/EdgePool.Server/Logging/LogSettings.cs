using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Logging;

/// <summary>The shape of a log line.</summary>
internal enum LogFormat
{
    /// <summary>For people: time, level, id, name, then key=value.</summary>
    Text,

    /// <summary>For machines: one JSON object.</summary>
    Json,
}

/// <summary>What is logged, and how.</summary>
internal sealed record LogSettings
{
    /// <summary>The least level that is written.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>The shape of a line.</summary>
    public LogFormat Format { get; init; } = LogFormat.Text;
}
