using System.Globalization;

namespace EdgePool.Server.Demo.Display;

/// <summary>Numbers for people, the same on every machine.</summary>
internal static class Figures
{
    private static readonly NumberFormatInfo Grouped = new() { NumberGroupSeparator = " ", NumberDecimalDigits = 0 };

    /// <summary><c>1 234 567</c>.</summary>
    public static string Count(double number) => number.ToString("N0", Grouped);

    /// <summary><c>0.21 ms</c>, <c>3.4 ms</c>, <c>120 ms</c>, <c>2.5 s</c>.</summary>
    public static string Latency(long micros) => micros switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{micros / 1e3:0.00} ms"),
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{micros / 1e3:0.0} ms"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{micros / 1e3:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{micros / 1e6:0.0} s"),
    };

    /// <summary>As <see cref="Latency"/>, of what was waited for; null: it did not come in time.</summary>
    public static string Took(TimeSpan? took) => took is { } span ? Latency((long)span.TotalMicroseconds) : "MORE TIME THAN THERE WAS";

    /// <summary><c>20 s</c>, <c>2 min 05 s</c>, <c>1 h 02 min</c>.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalSeconds} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} min"),
    };
}
