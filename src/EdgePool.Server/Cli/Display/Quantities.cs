using System.Globalization;

namespace EdgePool.Server.Cli.Display;

/// <summary>Numbers as short as a table wants them.</summary>
internal static class Quantities
{
    private const long Minute = 60;
    private const long Hour = 60 * Minute;
    private const long Day = 24 * Hour;

    /// <summary>Seconds as <c>42s</c>, <c>3m20s</c>, <c>5h07m</c> or <c>12d03h</c>.</summary>
    public static string Time(long seconds) => seconds switch
    {
        < Minute => FormattableString.Invariant($"{seconds}s"),
        < Hour => FormattableString.Invariant($"{seconds / Minute}m{seconds % Minute:00}s"),
        < Day => FormattableString.Invariant($"{seconds / Hour}h{seconds % Hour / Minute:00}m"),
        _ => FormattableString.Invariant($"{seconds / Day}d{seconds % Day / Hour:00}h"),
    };

    /// <summary>A part of a second, or some seconds, as <c>850µs</c>, <c>12ms</c> or <c>1.5s</c>.</summary>
    public static string Time(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 1 => FormattableString.Invariant($"{time.TotalMicroseconds:0}µs"),
        < 1_000 => FormattableString.Invariant($"{time.TotalMilliseconds:0}ms"),
        _ => FormattableString.Invariant($"{time.TotalSeconds:0.0}s"),
    };

    /// <summary>Bytes as <c>512B</c>, <c>1.5K</c>, <c>20M</c>, in powers of 1024.</summary>
    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1024 && unit < 4; unit++)
        {
            value /= 1024;
        }

        var text = value.ToString(unit > 0 && value < 10 ? "0.0" : "0", CultureInfo.InvariantCulture);
        return text + "BKMGT"[unit];
    }
}
