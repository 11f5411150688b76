namespace EdgePool.Xmpp.Addressing;

/// <summary>The contextual rules for CONTEXTJ and CONTEXTO (RFC 5892 appendix A), which PRECIS shares (RFC 8264 section 4.2.2).</summary>
internal static class ContextRules
{
    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;
    private const int KatakanaMiddleDot = 0x30FB;

    /// <summary>
    /// Whether the contextual code point at <paramref name="at"/> may stand beside its neighbours. <paramref name="text"/> is one label, or one
    /// whole part of an address. The rules that ask for the rest of the text are <see cref="AllowWhole"/>.
    /// </summary>
    internal static bool Allow(ReadOnlySpan<int> text, int at)
    {
        var before = at > 0 ? text[at - 1] : -1;
        var after = at + 1 < text.Length ? text[at + 1] : -1;
        return text[at] switch
        {
            ZeroWidthNonJoiner => FollowsVirama(before) || JoinsAcross(text, at),
            ZeroWidthJoiner => FollowsVirama(before),
            0x00B7 => before == 'l' && after == 'l',
            0x0375 => after >= 0 && UnicodeProperties.ScriptOf(after) == ContextScript.Greek,
            0x05F3 or 0x05F4 => before >= 0 && UnicodeProperties.ScriptOf(before) == ContextScript.Hebrew,
            KatakanaMiddleDot or (>= 0x0660 and <= 0x0669) or (>= 0x06F0 and <= 0x06F9) => true,
            _ => false,
        };
    }

    /// <summary>A.7 to A.9: the katakana middle dot needs company, the two sets of Arabic digits do not mix. Asked once a text, so it stays linear.</summary>
    internal static bool AllowWhole(ReadOnlySpan<int> text)
        => (!text.Contains(KatakanaMiddleDot) || HasJapanese(text))
            && !(text.ContainsAnyInRange(0x0660, 0x0669) && text.ContainsAnyInRange(0x06F0, 0x06F9));

    private static bool FollowsVirama(int before) => before >= 0 && UnicodeProperties.IsVirama(before);

    /// <summary>A.1: (L|D) T* here T* (R|D).</summary>
    private static bool JoinsAcross(ReadOnlySpan<int> text, int at)
    {
        var left = at - 1;
        while (left >= 0 && UnicodeProperties.JoiningTypeOf(text[left]) == JoiningType.Transparent)
        {
            left--;
        }

        var right = at + 1;
        while (right < text.Length && UnicodeProperties.JoiningTypeOf(text[right]) == JoiningType.Transparent)
        {
            right++;
        }

        return left >= 0
            && right < text.Length
            && UnicodeProperties.JoiningTypeOf(text[left]) is JoiningType.Left or JoiningType.Dual
            && UnicodeProperties.JoiningTypeOf(text[right]) is JoiningType.Right or JoiningType.Dual;
    }

    /// <summary>A.7: at least one code point of Hiragana, Katakana or Han; the dot itself is of none of them.</summary>
    private static bool HasJapanese(ReadOnlySpan<int> text)
    {
        foreach (var codePoint in text)
        {
            if (UnicodeProperties.ScriptOf(codePoint) == ContextScript.HiraganaKatakanaHan)
            {
                return true;
            }
        }

        return false;
    }
}
