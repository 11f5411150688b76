using System.Text;
using System.Text.Unicode;

namespace EdgePool.Xmpp.Addressing;

/// <summary>Whole-string steps of PRECIS and IDNA. Ordinal throughout: no culture has a say.</summary>
internal static class UnicodeText
{
    private const int MaxRounds = 4;
    private const int MaxMarks = 30;

    /// <summary>
    /// Strict UTF-8 to UTF-16. Null for what is not UTF-8; for unassigned code points and noncharacters, since no string class has them, and what
    /// normalization does to them depends on the library's Unicode version; and for a run of marks that is too long to normalize.
    /// </summary>
    internal static string? Decode(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(utf8);
        var codePoints = CodePoints(text);
        return Array.Exists(codePoints, static c => UnicodeProperties.PrecisClassOf(c) == PrecisClass.Unassigned) || HasLongMarkRun(codePoints)
            ? null
            : text;
    }

    /// <summary>
    /// More marks in a row than the Stream-Safe Text Format has (UAX #15 section 13), which is more than any language needs. Normalization sorts
    /// each run, in time that grows with its square. The canonical form is held to it as well, so that it parses again.
    /// </summary>
    internal static bool HasLongMarkRun(ReadOnlySpan<int> codePoints)
    {
        var run = 0;
        foreach (var codePoint in codePoints)
        {
            run = UnicodeProperties.IsMark(codePoint) ? run + 1 : 0;
            if (run > MaxMarks)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Applies <paramref name="rules"/> until nothing changes; null when four rounds do not get there (RFC 8264 section 7).</summary>
    internal static string? Settle(string text, Func<string, string> rules)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var next = rules(text);
            if (string.Equals(next, text, StringComparison.Ordinal))
            {
                return text;
            }

            text = next;
        }

        return null;
    }

    /// <summary>Fullwidth and halfwidth code points to their decompositions (RFC 8265 section 3.3.1, rule 1).</summary>
    internal static string MapWidth(string text) => MapEach(text, UnicodeProperties.MapWidth);

    /// <summary>
    /// Unicode toLowerCase of each code point for itself (RFC 8265 section 3.3.1, rule 3): U+0130 becomes two code points, and sigma is the same
    /// at the end of a word as within it.
    /// </summary>
    internal static string MapCase(string text) => MapEach(text, UnicodeProperties.ToLower).Replace("\u0130", "i\u0307", StringComparison.Ordinal);

    /// <summary>Each space other than U+0020 to U+0020 (RFC 8265 section 4.2.1, rule 2).</summary>
    internal static string MapSpaces(string text)
        => MapEach(text, static c => c > 0x7F && Rune.GetUnicodeCategory(new Rune(c)) == System.Globalization.UnicodeCategory.SpaceSeparator ? ' ' : c);

    internal static int[] CodePoints(string text)
    {
        var codePoints = new int[text.Length];
        var count = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            codePoints[count++] = rune.Value;
        }

        Array.Resize(ref codePoints, count);
        return codePoints;
    }

    internal static string MapEach(string text, Func<int, int> map)
    {
        var mapped = new StringBuilder(text.Length);
        Span<char> utf16 = stackalloc char[2];
        foreach (var rune in text.EnumerateRunes())
        {
            var written = new Rune(map(rune.Value)).EncodeToUtf16(utf16);
            mapped.Append(utf16[..written]);
        }

        return mapped.ToString();
    }
}
