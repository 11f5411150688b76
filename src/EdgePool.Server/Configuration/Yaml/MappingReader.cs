using System.Globalization;
using EdgePool.Policy.Documents;

namespace EdgePool.Server.Configuration.Yaml;

/// <summary>
/// Takes the known keys out of a mapping, checks each value's form, and at the end (<see cref="Close"/>) reports the keys that nobody asked for.
/// A value that is absent or wrong reads as null; wrong ones are reported.
/// </summary>
internal sealed class MappingReader(YamlMapping mapping, ProblemList problems)
{
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    /// <summary>The mapping's path from the top.</summary>
    public string Path => mapping.Path;

    /// <summary>The key is written, whatever its value.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>The key is known, and read by somebody else.</summary>
    public void Known(string key) => known.Add(key);

    /// <summary>All of it, for another reader, who judges its keys.</summary>
    public YamlMapping TakeWhole()
    {
        known.UnionWith(mapping.Entries.Select(entry => entry.Key));
        return mapping;
    }

    /// <summary>A text.</summary>
    public string? Text(string key) => Find(key) is { } value ? TextOf(value, $"a text for {key}") : null;

    /// <summary>A text that must be there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="example">What the operator could write.</param>
    public string? RequiredText(string key, string example)
    {
        if (Find(key) is null)
        {
            problems.Error(mapping.At, $"'{key}' is missing", $"add {key}, such as {key}: {example}");
            return null;
        }

        return Text(key);
    }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public bool? Flag(string key) => Scalar(key, "true or false", text => text switch
    {
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ => (bool?)null,
    });

    /// <summary>A whole number within limits.</summary>
    public int? Number(string key, int least, int most)
        => Ranged(key, "a whole number", text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : null, least, most);

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

        problems.Error(Find(key)!.At, $"{key} is out of range", $"write a time from {Quantity.Text(least)} to {Quantity.Text(most)}");
        return null;
    }

    /// <summary>One of an enumeration's names, in any case.</summary>
    public T? Choice<T>(string key)
        where T : struct, Enum
    {
        var names = Words.Of<T>();
        return Scalar(key, "one of " + string.Join(", ", names), Words.TryParse<T>, names);
    }

    /// <summary>A list of texts; a single text counts as a list of one.</summary>
    public IReadOnlyList<string> Texts(string key) => Find(key) switch
    {
        null or YamlText { IsNull: true } => [],
        YamlList list => [.. list.Items.Select(item => TextOf(item, $"a text in {key}")).OfType<string>()],
        var single => TextOf(single, $"a list of texts for {key}") is { } text ? [text] : [],
    };

    /// <summary>A mapping inside this one; null when it is not written.</summary>
    public T? Section<T>(string key, Func<MappingReader, T> read)
        where T : class
        => Find(key) switch
        {
            null => null,
            YamlText { IsNull: true } empty => SectionOf(new YamlMapping(empty.At, empty.Path, []), read),
            var value => SectionOf(value, read),
        };

    /// <summary>A list of mappings.</summary>
    public IReadOnlyList<T> Sections<T>(string key, Func<MappingReader, T> read)
        where T : class
    {
        switch (Find(key))
        {
            case null or YamlText { IsNull: true }:
                return [];
            case YamlList list:
                // A wrong item keeps its place: paths count from the file's list.
                return [.. list.Items.Select(item => SectionOf(item, read) ?? SectionOf(new YamlMapping(item.At, item.Path, []), read, silent: true)!)];
            case var other:
                problems.Error(other.At, $"{key} is {other.Kind}", $"write a list: each item of {key} begins with '- '");
                return [];
        }
    }

    /// <summary>Reports what was written but is not known, with the known key that was likely meant.</summary>
    public void Close()
    {
        foreach (var entry in mapping.Entries.Where(entry => !known.Contains(entry.Key)))
        {
            var remedy = Spelling.Nearest(entry.Key, known) is { } near
                ? $"did you mean '{near}'?"
                : $"remove it, or use one of {string.Join(", ", known.Order(StringComparer.Ordinal))}";
            problems.Error(entry.At, $"'{Shown.Of(entry.Key)}' is not known here", remedy);
        }
    }

    /// <summary>Refuses a key with a remedy of its own, because operators will try it.</summary>
    public void Refuse(string key, string what, string remedy)
    {
        if (mapping.Entries.FirstOrDefault(entry => string.Equals(entry.Key, key, StringComparison.Ordinal)) is { } entry)
        {
            known.Add(key);
            problems.Error(entry.At, what, remedy);
        }
    }

    private T? SectionOf<T>(YamlValue value, Func<MappingReader, T> read, bool silent = false)
        where T : class
    {
        if (value is not YamlMapping inner)
        {
            problems.Error(value.At, $"{value.Path} is {value.Kind}", "write keys and values here, such as { key: value }");
            return null;
        }

        var reader = new MappingReader(inner, silent ? new ProblemList("") : problems);
        var section = read(reader);
        reader.Close();
        return section;
    }

    private int? Ranged(string key, string form, Func<string, long?> parse, int least, int most)
    {
        var number = Scalar(key, form, parse);
        if (number is null || (number >= least && number <= most))
        {
            return (int?)number;
        }

        problems.Error(Find(key)!.At, $"{key} is out of range", string.Create(CultureInfo.InvariantCulture, $"write a number from {least} to {most}"));
        return null;
    }

    private T? Scalar<T>(string key, string form, Func<string, T?> parse, IReadOnlyList<string>? words = null)
        where T : struct
    {
        if (Find(key) is not { } value || TextOf(value, form) is not { } text)
        {
            return null;
        }

        if (parse(text) is { } parsed)
        {
            return parsed;
        }

        var near = words is null ? null : Spelling.Nearest(text, words);
        problems.Error(value.At, $"{key}: '{Shown.Of(text)}' is not understood", near is null ? $"write {form}" : $"did you mean '{near}'? Write {form}");
        return null;
    }

    private string? TextOf(YamlValue value, string form)
    {
        if (value is YamlText { IsNull: false } text)
        {
            return text.Text;
        }

        problems.Error(value.At, $"{value.Path} is {value.Kind}", $"write {form}, or remove the key");
        return null;
    }

    private YamlValue? Find(string key)
    {
        known.Add(key);
        return mapping.Entries.FirstOrDefault(entry => string.Equals(entry.Key, key, StringComparison.Ordinal))?.Value;
    }
}
