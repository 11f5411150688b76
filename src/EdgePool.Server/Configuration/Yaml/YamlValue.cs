namespace EdgePool.Server.Configuration.Yaml;

/// <summary>A value of the file with its place. A closed set.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Path">Its name from the top: <c>partners[2].domain</c>.</param>
internal abstract record YamlValue(Position At, string Path)
{
    /// <summary>What an operator calls this kind of value.</summary>
    public abstract string Kind { get; }
}

/// <summary>One word, number or text.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Path">Its name from the top.</param>
/// <param name="Text">The value without quotes.</param>
/// <param name="IsNull">Nothing is written, or an unquoted <c>null</c> or <c>~</c>.</param>
/// <param name="Plain">It is written without quotes, so that it may be a number or a flag.</param>
internal sealed record YamlText(Position At, string Path, string Text, bool IsNull, bool Plain = true) : YamlValue(At, Path)
{
    public override string Kind => IsNull ? "nothing" : "a single value";
}

/// <summary>A list.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Path">Its name from the top.</param>
/// <param name="Items">What is in it.</param>
internal sealed record YamlList(Position At, string Path, IReadOnlyList<YamlValue> Items) : YamlValue(At, Path)
{
    public override string Kind => "a list";
}

/// <summary>Keys with values.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Path">Its name from the top; empty for the whole file.</param>
/// <param name="Entries">The entries in the order written, each key once.</param>
internal sealed record YamlMapping(Position At, string Path, IReadOnlyList<YamlEntry> Entries) : YamlValue(At, Path)
{
    public override string Kind => "a mapping";
}

/// <summary>A key with its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="At">Where the key begins.</param>
/// <param name="Value">The value.</param>
internal sealed record YamlEntry(string Key, Position At, YamlValue Value);
