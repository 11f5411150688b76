using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Logging;

/// <summary>Writes one event as one line, in either shape. Pure.</summary>
internal static class LogFormatter
{
    private const int ExceptionFrames = 12;

    /// <summary>The line, without its end.</summary>
    public static string Format(in LogLine line, LogFormat format) => format is LogFormat.Json ? Json(line) : Text(line);

    /// <summary><c>2026-06-01T00:00:00.000Z info 2001 Started node=edge-1 domains=2 partners=3</c>.</summary>
    private static string Text(in LogLine line)
    {
        var text = new StringBuilder(160);
        text.Append(Time(line)).Append(' ').Append(Level(line.Level)).Append(' ')
            .Append(CultureInfo.InvariantCulture, $"{line.Event.Id}").Append(' ').Append(line.Name);
        var values = 0;
        foreach (var (key, value) in line.Named)
        {
            text.Append(' ').Append(char.ToLowerInvariant(key[0])).Append(key, 1, key.Length - 1).Append('=').Append(LogValue.Word(value));
            values++;
        }

        if (values == 0)
        {
            text.Append(" message=").Append(LogValue.Word(line.Message));
        }

        if (line.Exception is { } fault)
        {
            text.Append(" exception=").Append(LogValue.Word(fault.GetType().Name + ": " + fault.Message)).Append(" at=").Append(LogValue.Word(Place(fault)));
        }

        return text.ToString();
    }

    private static string Json(in LogLine line)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", Time(line));
            json.WriteString("level", Level(line.Level));
            json.WriteNumber("id", line.Event.Id);
            json.WriteString("event", line.Name);
            json.WriteString("category", line.Category);
            json.WriteString("message", LogValue.Text(line.Message));
            json.WriteStartObject("values");
            foreach (var (key, value) in line.Named)
            {
                WriteValue(json, char.ToLowerInvariant(key[0]) + key[1..], value);
            }

            json.WriteEndObject();
            if (line.Exception is { } fault)
            {
                json.WriteString("exception", LogValue.Text(fault.GetType().Name + ": " + fault.Message));
                json.WriteString("stack", Stack(fault));
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteValue(Utf8JsonWriter json, string key, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNull(key);
                break;
            case bool flag:
                json.WriteBoolean(key, flag);
                break;
            case byte or short or ushort or int or uint or long:
                json.WriteNumber(key, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(key, number);
                break;
            default:
                json.WriteString(key, LogValue.Text(value));
                break;
        }
    }

    private static string Time(in LogLine line) => line.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    private static string Place(Exception fault) => Stack(fault).Split(" < ", 2)[0];

    private static string Stack(Exception fault)
        => string.Join(" < ", (fault.StackTrace ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(ExceptionFrames));
}
