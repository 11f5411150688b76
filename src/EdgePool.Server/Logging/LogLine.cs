using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Logging;

/// <summary>One event to write.</summary>
/// <param name="Time">When.</param>
/// <param name="Level">How grave.</param>
/// <param name="Category">Which area logged it.</param>
/// <param name="Event">Its stable id and name.</param>
/// <param name="Message">The English text with its values.</param>
/// <param name="Values">The values by name.</param>
/// <param name="Exception">What was thrown; null mostly.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LogLine(
    DateTimeOffset Time,
    LogLevel Level,
    string Category,
    EventId Event,
    string Message,
    IReadOnlyList<KeyValuePair<string, object?>> Values,
    Exception? Exception)
{
    /// <summary>The template's place among the values, by the convention of Microsoft.Extensions.Logging.</summary>
    public const string Template = "{OriginalFormat}";

    /// <summary>The event's name; the last word of the category where a foreign library gave none.</summary>
    public string Name => Event.Name ?? Category[(Category.LastIndexOf('.') + 1)..];

    /// <summary>The values without the template.</summary>
    public IEnumerable<KeyValuePair<string, object?>> Named => Values.Where(value => !string.Equals(value.Key, Template, StringComparison.Ordinal));
}
