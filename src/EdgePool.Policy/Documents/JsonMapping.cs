using System.Globalization;
using System.Text.Json;

namespace EdgePool.Policy.Documents;

/// <summary>
/// Takes the known keys out of a JSON object, checks each value's form, and at the end (<see cref="Close"/>) reports the keys that nobody asked for and
/// those written twice. A value that is absent or null or wrong reads as null; wrong ones are reported. A scalar may be written as itself or as a
/// string: <c>20</c> or <c>"20"</c>.
/// </summary>
internal sealed class JsonMapping(JsonElement mapping, string path, DocumentProblems problems)
{
    private readonly List<string> asked = new(8);
    private int found;

    /// <summary>The mapping as it stands in the body.</summary>
    public string Raw => mapping.GetRawText();

    /// <summary>Where something in this mapping is: <c>rules.iq</c>.</summary>
    public string At(string key) => path.Length == 0 ? key : $"{path}.{key}";

    private string At(string key, int index) => index < 0 ? At(key) : DocumentProblems.Item(At(key), index);

    public string? Text(string key) => Find(key) is { } value && Understood(value, key, out var text) ? text : null;

    public bool? Flag(string key) => Scalar(key, "true or false", text => text switch
    {
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ => (bool?)null,
    });

    /// <summary>A whole number within limits.</summary>
    public int? Number(string key, int least, int most) => Ranged(
        key,
        "a whole number",
        text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
        least,
        most);

    /// <summary>A size within limits: <c>4096</c>, <c>64KiB</c>, <c>4MiB</c>.</summary>
    public int? Bytes(string key, int least, int most) => Ranged(key, "a size such as 65536, 64KiB or 4MiB", Quantity.TryBytes, least, most);

    /// <summary>A time within limits: <c>500ms</c>, <c>10s</c>, <c>14m</c>, <c>1h</c>.</summary>
    public TimeSpan? Duration(string key, TimeSpan least, TimeSpan most)
    {
        var time = Scalar(key, "a time such as 500ms, 10s, 14m or 1h", Quantity.TryDuration);
        if (time is null || (time >= least && time <= most))
        {
            return time;
        }

        problems.Error(At(key), $"{key} is out of range", $"write a time from {Quantity.Text(least)} to {Quantity.Text(most)}");
        return null;
    }

    /// <summary>One of an enumeration's words, in any case.</summary>
    public T? Choice<T>(string key)
        where T : struct, Enum
        => Find(key) is { } value ? Word<T>(value, key, index: -1) : null;

    /// <summary>A list of an enumeration's words; null when it is not written.</summary>
    public IReadOnlyList<T>? Choices<T>(string key)
        where T : struct, Enum
        => Items(key, (item, index) => Word<T>(item, key, index))?.OfType<T>().Distinct().ToArray();

    /// <summary>A list of texts, or a single one; null when it is not written.</summary>
    /// <param name="key">The key.</param>
    /// <param name="most">Longest list.</param>
    public IReadOnlyList<string>? Texts(string key, int most)
    {
        var texts = Items(key, (item, index) => Understood(item, key, out var text, index) ? text : null)?.OfType<string>().ToArray();
        if (texts?.Length > most)
        {
            problems.Error(At(key), Of($"{key} has {texts.Length} entries"), Of($"write at most {most}"));
            return null;
        }

        return texts;
    }

    /// <summary>A mapping inside this one; null when it is not written.</summary>
    public T? Section<T>(string key, Func<JsonMapping, T> read)
        where T : class
        => Find(key) is { } value ? SectionOf(value, At(key), read) : null;

    /// <summary>A list of mappings; one that is wrong is left out.</summary>
    public IReadOnlyList<T> Sections<T>(string key, int most, Func<JsonMapping, T> read)
        where T : class
    {
        if (Find(key) is { ValueKind: not JsonValueKind.Array } other)
        {
            problems.Error(At(key), $"{At(key)} is {KindOf(other)}", "write a list of mappings");
            return [];
        }

        var sections = Items(key, (item, index) => SectionOf(item, At(key, index), read))?.OfType<T>().ToArray() ?? [];
        if (sections.Length > most)
        {
            problems.Error(At(key), Of($"{key} has {sections.Length} entries"), Of($"write at most {most}"));
        }

        return sections;
    }

    /// <summary>Refuses a key with a remedy of its own, because operators will try it.</summary>
    public void Refuse(string key, string what, string remedy)
    {
        if (Find(key) is not null)
        {
            problems.Error(At(key), what, remedy);
        }
    }

    /// <summary>Reports unknown keys, with the known key that was likely meant, and keys written twice.</summary>
    public void Close()
    {
        if (mapping.GetPropertyCount() == found)
        {
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in mapping.EnumerateObject().Select(property => property.Name))
        {
            if (!seen.Add(key))
            {
                problems.Error(At(ShownText.Of(key)), $"'{ShownText.Of(key)}' is written twice", "keep one of them");
            }
            else if (!asked.Contains(key, StringComparer.Ordinal))
            {
                var remedy = Spelling.Nearest(key, asked) is { } near
                    ? $"did you mean '{near}'?"
                    : $"remove it, or use one of {string.Join(", ", asked.Order(StringComparer.Ordinal))}";
                problems.Error(At(ShownText.Of(key)), $"'{ShownText.Of(key)}' is not known here", remedy);
            }
        }
    }

    private T? SectionOf<T>(JsonElement value, string at, Func<JsonMapping, T> read)
        where T : class
    {
        if (value.ValueKind is not JsonValueKind.Object)
        {
            problems.Error(at, $"{at} is {KindOf(value)}", "write keys and values here");
            return null;
        }

        var reader = new JsonMapping(value, at, problems);
        var section = read(reader);
        reader.Close();
        return section;
    }

    /// <summary>The items of a list, or of a single value, whose index is then -1.</summary>
    private List<T>? Items<T>(string key, Func<JsonElement, int, T> read)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        var items = new List<T>();
        if (value.ValueKind is not JsonValueKind.Array)
        {
            items.Add(read(value, -1));
            return items;
        }

        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            items.Add(read(item, index++));
        }

        return items;
    }

    private int? Ranged(string key, string form, Func<string, long?> parse, int least, int most)
    {
        var number = Scalar(key, form, parse);
        if (number is null || (number >= least && number <= most))
        {
            return (int?)number;
        }

        problems.Error(At(key), $"{key} is out of range", Of($"write a number from {least} to {most}"));
        return null;
    }

    private T? Scalar<T>(string key, string form, Func<string, T?> parse)
        where T : struct
    {
        if (Find(key) is not { } value || !Understood(value, key, out var text))
        {
            return null;
        }

        if (parse(text!) is { } parsed)
        {
            return parsed;
        }

        problems.Error(At(key), $"{key}: '{ShownText.Of(text!)}' is not understood", $"write {form}");
        return null;
    }

    private T? Word<T>(JsonElement value, string key, int index)
        where T : struct, Enum
    {
        if (!Understood(value, key, out var text, index))
        {
            return null;
        }

        if (Words.TryParse<T>(text!) is { } word)
        {
            return word;
        }

        var words = Words.Of<T>();
        var form = "write one of " + string.Join(", ", words);
        var remedy = Spelling.Nearest(text!, words) is { } near ? $"did you mean '{near}'? Or {form}" : form;
        problems.Error(At(key, index), $"'{ShownText.Of(text!)}' is not understood", remedy);
        return null;
    }

    /// <summary>Takes the text of a scalar; false, reported, when the value is none.</summary>
    private bool Understood(JsonElement value, string key, out string? text, int index = -1)
    {
        text = value.ValueKind switch
        {
            JsonValueKind.String => ValidText(value),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            _ => null,
        };
        if (text is not null)
        {
            return true;
        }

        var what = value.ValueKind is JsonValueKind.String ? "no valid text" : KindOf(value);
        problems.Error(At(key, index), $"{At(key, index)} is {what}", "write a single value here, or remove the key");
        return false;
    }

    /// <summary>Null for half a surrogate pair, which JSON can write but no text can hold.</summary>
    private static string? ValidText(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private JsonElement? Find(string key)
    {
        if (asked.Contains(key))
        {
            return mapping.TryGetProperty(key, out var again) && again.ValueKind is not JsonValueKind.Null ? again : null;
        }

        asked.Add(key);
        if (!mapping.TryGetProperty(key, out var value))
        {
            return null;
        }

        found++;
        return value.ValueKind is JsonValueKind.Null ? null : value;
    }

    private static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "a mapping",
        JsonValueKind.Array => "a list",
        JsonValueKind.Null => "nothing",
        _ => "a single value",
    };

    private static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
