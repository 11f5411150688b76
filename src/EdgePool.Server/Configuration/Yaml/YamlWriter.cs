using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace EdgePool.Server.Configuration.Yaml;

/// <summary>Writes JSON as the YAML that operators write: blocks, quotes only where a reader needs them, texts of several lines as they are.</summary>
internal sealed class YamlWriter
{
    private const string Step = "  ";

    /// <summary>Wherever one of these stands, some reader of YAML may take it for more than a letter.</summary>
    private static readonly SearchValues<char> Special = SearchValues.Create(",[]{}\"'`*!|>%&?#~\\");

    /// <summary>Other readers of YAML take words of these for numbers or times.</summary>
    private static readonly SearchValues<char> Numeric = SearchValues.Create("0123456789.+-eExX_:oO");

    private readonly StringBuilder text = new();

    /// <summary>The YAML of a value; each line ends with a line feed.</summary>
    public static string Write(JsonElement value)
    {
        var writer = new YamlWriter();
        if (value.ValueKind is JsonValueKind.Object && value.EnumerateObject().Any())
        {
            writer.Mapping(value, "");
        }
        else
        {
            writer.Single(value, "");
        }

        return writer.text.ToString();
    }

    /// <summary>A word of YAML that reads as this text.</summary>
    public static string Quoted(string value) => NeedsQuotes(value) ? Escaped(value) : value;

    private void Mapping(JsonElement value, string indent)
    {
        foreach (var member in value.EnumerateObject())
        {
            text.Append(indent).Append(Quoted(member.Name)).Append(':');
            Value(member.Value, indent, inList: false);
        }
    }

    /// <summary>What follows a key or a dash, with the line's end.</summary>
    private void Value(JsonElement value, string indent, bool inList)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().Any():
                if (inList)
                {
                    ItemMapping(value, indent);
                    break;
                }

                text.Append('\n');
                Mapping(value, indent + Step);
                break;
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                text.Append('\n');
                foreach (var item in value.EnumerateArray())
                {
                    text.Append(indent).Append(Step).Append('-');
                    Value(item, indent + Step, inList: true);
                }

                break;
            default:
                text.Append(' ');
                Single(value, indent);
                break;
        }
    }

    /// <summary>The first key stands after the dash, the others below it.</summary>
    private void ItemMapping(JsonElement value, string indent)
    {
        var first = true;
        foreach (var member in value.EnumerateObject())
        {
            text.Append(first ? " " : indent + Step).Append(Quoted(member.Name)).Append(':');
            Value(member.Value, indent + Step, inList: false);
            first = false;
        }
    }

    private void Single(JsonElement value, string indent)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String when IsBlock(value.GetString()!):
                text.Append("|\n");
                foreach (var line in value.GetString()!.TrimEnd('\n').Split('\n'))
                {
                    text.Append(indent).Append(Step).Append(line).Append('\n');
                }

                break;
            case JsonValueKind.String:
                text.Append(Quoted(value.GetString()!)).Append('\n');
                break;
            case JsonValueKind.Object:
                text.Append("{}\n");
                break;
            case JsonValueKind.Array:
                text.Append("[]\n");
                break;
            default:
                text.Append(value.GetRawText()).Append('\n');
                break;
        }
    }

    /// <summary>Lines of printable ASCII that end with one line feed, such as PEM: nothing of them is lost in a block.</summary>
    private static bool IsBlock(string value)
        => value.Length > 1 && value[^1] is '\n' && value[^2] is not '\n' && value[0] is not ' ' and not '\n' && value.IndexOf('\n', StringComparison.Ordinal) < value.Length - 1
            && value.All(letter => letter is '\n' or (>= ' ' and <= '~')) && !value.Contains(" \n", StringComparison.Ordinal);

    private static bool NeedsQuotes(string value)
        => value.Length == 0
            || YamlToJson.IsNumber(value)
            || LooksNumeric(value)
            || IsWord(value)
            || !char.IsAsciiLetterOrDigit(value[0])
            || value[^1] is ' ' or ':'
            || value.Contains(": ", StringComparison.Ordinal)
            || value.Contains(" #", StringComparison.Ordinal)
            || value.AsSpan().ContainsAny(Special)
            || value.EnumerateRunes().Any(Hidden);

    private static bool LooksNumeric(string value) => char.IsAsciiDigit(value[0]) && !value.AsSpan().ContainsAnyExcept(Numeric);

    private static bool IsWord(string value)
        => value.ToLowerInvariant() is "true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n";

    private static bool Hidden(Rune rune)
        => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate;

    private static string Escaped(string value)
    {
        var escaped = new StringBuilder("\"");
        foreach (var rune in value.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => escaped.Append("\\\""),
                '\\' => escaped.Append("\\\\"),
                '\n' => escaped.Append("\\n"),
                _ when !Hidden(rune) => escaped.Append(rune.ToString()),
                <= 0xFFFF => escaped.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}"),
                _ => escaped.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}"),
            };
        }

        return escaped.Append('"').ToString();
    }
}
