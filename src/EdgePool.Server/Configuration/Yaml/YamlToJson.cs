using System.Text.Json;

namespace EdgePool.Server.Configuration.Yaml;

/// <summary>
/// Turns YAML into JSON. Only words that mean one thing alone become something else than text: <c>true</c>, <c>false</c>, <c>null</c>, and whole numbers.
/// What is in quotes stays text.
/// </summary>
internal static class YamlToJson
{
    /// <summary>Most digits of a number that JSON readers take exactly.</summary>
    private const int MostDigits = 15;

    /// <summary>Converts.</summary>
    public static JsonElement Convert(YamlValue value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, value);
        }

        return JsonElement.Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void Write(Utf8JsonWriter writer, YamlValue value)
    {
        switch (value)
        {
            case YamlMapping mapping:
                writer.WriteStartObject();
                foreach (var entry in mapping.Entries)
                {
                    writer.WritePropertyName(entry.Key);
                    Write(writer, entry.Value);
                }

                writer.WriteEndObject();
                break;
            case YamlList list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case YamlText text:
                Write(writer, text);
                break;
        }
    }

    private static void Write(Utf8JsonWriter writer, YamlText text)
    {
        switch (text)
        {
            case { IsNull: true }:
                writer.WriteNullValue();
                break;
            case { Plain: true, Text: "true" or "True" or "TRUE" }:
                writer.WriteBooleanValue(true);
                break;
            case { Plain: true, Text: "false" or "False" or "FALSE" }:
                writer.WriteBooleanValue(false);
                break;
            case { Plain: true } when IsNumber(text.Text):
                writer.WriteRawValue(text.Text);
                break;
            default:
                writer.WriteStringValue(text.Text);
                break;
        }
    }

    /// <summary>A whole number as JSON writes it: no plus, no leading zero, no exponent.</summary>
    public static bool IsNumber(string text)
    {
        var digits = text.AsSpan(text.StartsWith('-') ? 1 : 0);
        return digits.Length is > 0 and <= MostDigits
            && !digits.ContainsAnyExceptInRange('0', '9')
            && (digits[0] is not '0' || text is "0");
    }
}
