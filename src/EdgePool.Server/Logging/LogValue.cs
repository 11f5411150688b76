using System.Globalization;
using EdgePool.Edge.Telemetry;

namespace EdgePool.Server.Logging;

/// <summary>A value as it is written: without regard to culture, and safe whatever a peer put into it.</summary>
internal static class LogValue
{
    /// <summary>The value as text. What is printable and short stays as it is, so that nothing is escaped twice.</summary>
    public static string Text(object? value)
    {
        var text = value switch
        {
            null => "",
            string given => given,
            TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
            DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
            IFormattable number => number.ToString(format: null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
        return IsPlain(text) ? text : LogText.Of(text);
    }

    /// <summary>The value behind <c>key=</c>: quoted where it would not be one word.</summary>
    public static string Word(object? value)
    {
        var text = Text(value);
        return text.Length > 0 && text.AsSpan().IndexOfAny(" \"=") < 0
            ? text
            : string.Concat("\"", text.Replace("\"", "\\\"", StringComparison.Ordinal), "\"");
    }

    private static bool IsPlain(string text) => text.Length <= LogText.LongestBytes && !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
