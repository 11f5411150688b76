using System.Globalization;
using System.Text;

namespace EdgePool.Policy.Documents;

/// <summary>A written value as it is safe to show: control characters escaped, cut when long.</summary>
public static class ShownText
{
    /// <summary>Shows at most <paramref name="longest"/> characters.</summary>
    public static string Of(string text, int longest = 80)
    {
        var shown = new StringBuilder(Math.Min(text.Length, longest) + 1);
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= longest)
            {
                return shown.Append('…').ToString();
            }

            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
            }
            else
            {
                shown.Append(rune.ToString());
            }
        }

        return shown.ToString();
    }
}
