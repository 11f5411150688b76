using System.Buffers;
using System.Globalization;
using System.Text;

namespace EdgePool.Edge.Telemetry;

/// <summary>The one escaper for what a peer said, wherever it is shown: printable, on one line, cut to 256 bytes.</summary>
public static class LogText
{
    /// <summary>The longest shown, in UTF-8 bytes before escaping.</summary>
    public const int LongestBytes = 256;

    /// <summary>Printable ASCII but for the backslash: shown as it is.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(static c => (char)c).Where(static c => c != '\\')]);

    /// <summary>Control characters, line breaks, direction marks and lone surrogates as <c>\n</c>, <c>\t</c> or <c>\u{…}</c>; the cut is shown as <c>…</c>.</summary>
    public static string Of(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return string.Empty;
        if (text.Length <= LongestBytes && !text.AsSpan().ContainsAnyExcept(Plain))
            return text;
        var shown = new StringBuilder(Math.Min(text.Length, LongestBytes));
        var bytes = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > LongestBytes)
                return shown.Append('…').ToString();
            Append(shown, rune);
        }

        return shown.ToString();
    }

    private static void Append(StringBuilder shown, Rune rune)
    {
        switch (rune.Value)
        {
            case '\n':
                shown.Append("\\n");
                break;
            case '\r':
                shown.Append("\\r");
                break;
            case '\t':
                shown.Append("\\t");
                break;
            case '\\':
                shown.Append("\\\\");
                break;
            default:
                if (IsPrintable(rune))
                    shown.Append(rune.ToString());
                else
                    shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
                break;
        }
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
