using System.Globalization;

namespace EdgePool.Policy.Documents;

/// <summary>Sizes and times as operators write them: a number with its unit.</summary>
public static class Quantity
{
    private static readonly (string Suffix, long Factor)[] ByteUnits = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("B", 1), ("", 1)];

    private static readonly (string Suffix, TimeSpan Factor)[] TimeUnits =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>A size in bytes; null when the text is none.</summary>
    public static long? TryBytes(string text)
    {
        foreach (var (suffix, factor) in ByteUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal) && Count(text[..^suffix.Length]) is { } count)
            {
                return count * factor;
            }
        }

        return null;
    }

    /// <summary>A time; null when the text is none. A number without unit is none: nobody can tell seconds from milliseconds.</summary>
    public static TimeSpan? TryDuration(string text)
    {
        foreach (var (suffix, factor) in TimeUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal) && Count(text[..^suffix.Length]) is { } count
                && count <= TimeSpan.MaxValue.Ticks / factor.Ticks)
            {
                return factor * count;
            }
        }

        return null;
    }

    /// <summary>A time in its largest whole unit.</summary>
    public static string Text(TimeSpan time)
    {
        var (suffix, factor) = TimeUnits.LastOrDefault(unit => unit.Factor <= time && time.Ticks % unit.Factor.Ticks == 0, TimeUnits[0]);
        return string.Create(CultureInfo.InvariantCulture, $"{time.Ticks / factor.Ticks}{suffix}");
    }

    private static uint? Count(string digits)
        => uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
}
