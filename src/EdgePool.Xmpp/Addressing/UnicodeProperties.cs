using System.Globalization;
using System.Text;

namespace EdgePool.Xmpp.Addressing;

/// <summary>What a PRECIS string class says of a code point (RFC 8264 section 8). <see cref="FreeformOnly"/> is ID_DIS or FREE_PVAL.</summary>
internal enum PrecisClass
{
    Disallowed = 0,
    Valid = 1,
    FreeformOnly = 2,
    ContextJ = 3,
    ContextO = 4,
    Unassigned = 5,
}

/// <summary>Bidi_Class as far as the Bidi Rule tells classes apart (RFC 5893 section 2).</summary>
internal enum BidiClass
{
    Other = 0,
    L = 1,
    R = 2,
    AL = 3,
    AN = 4,
    EN = 5,
    ES = 6,
    CS = 7,
    ET = 8,
    ON = 9,
    BN = 10,
    NSM = 11,
}

/// <summary>Joining_Type as far as the rule for ZERO WIDTH NON-JOINER needs it (RFC 5892 appendix A.1).</summary>
internal enum JoiningType
{
    None = 0,
    Left = 1,
    Right = 2,
    Dual = 3,
    Transparent = 4,
}

/// <summary>The scripts that a contextual rule names (RFC 5892 appendix A.4 to A.7).</summary>
internal enum ContextScript
{
    None = 0,
    Greek = 1,
    Hebrew = 2,
    HiraganaKatakanaHan = 3,
}

/// <summary>Looks code points up in <see cref="UnicodeTables"/>. Nothing here knows a culture.</summary>
internal static class UnicodeProperties
{
    internal static PrecisClass PrecisClassOf(int codePoint) => (PrecisClass)Run(UnicodeTables.PrecisClasses, codePoint);

    internal static BidiClass BidiClassOf(int codePoint) => (BidiClass)Run(UnicodeTables.BidiClasses, codePoint);

    internal static JoiningType JoiningTypeOf(int codePoint) => (JoiningType)Run(UnicodeTables.JoiningTypes, codePoint);

    internal static ContextScript ScriptOf(int codePoint) => (ContextScript)Run(UnicodeTables.Scripts, codePoint);

    /// <summary>Canonical_Combining_Class is Virama.</summary>
    internal static bool IsVirama(int codePoint) => IsInRanges(UnicodeTables.Viramas, codePoint);

    /// <summary>General_Category is Mn, Mc or Me.</summary>
    internal static bool IsMark(int codePoint)
        => codePoint >= 0x300
            && Rune.GetUnicodeCategory(new Rune(codePoint))
                is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>
    /// PVALID in a label (RFC 5892 section 3): PRECIS PVALID and stable under case folding, outside of the ignorable blocks. What has a lower
    /// case is not stable, save Cherokee, whose folding goes to the upper case.
    /// </summary>
    internal static bool IsIdnaValid(int codePoint)
        => PrecisClassOf(codePoint) == PrecisClass.Valid
            && !IsInRanges(UnicodeTables.IdnaDisallowed, codePoint)
            && (codePoint is >= 0x13A0 and <= 0x13F5 || ToLower(codePoint) == codePoint);

    /// <summary>Simple_Lowercase_Mapping; U+0130, which alone has a longer mapping without condition, stays.</summary>
    internal static int ToLower(int codePoint) => Map(UnicodeTables.LowerCase, codePoint);

    /// <summary>The decomposition of a fullwidth or halfwidth code point (RFC 8264 section 5.2.1).</summary>
    internal static int MapWidth(int codePoint) => Map(UnicodeTables.Widths, codePoint);

    private static uint Run(ReadOnlySpan<uint> runs, int codePoint)
    {
        var low = 0;
        var high = runs.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            if (runs[middle] >> 4 <= (uint)codePoint)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high < 0 ? 0 : runs[high] & 0xF;
    }

    private static bool IsInRanges(ReadOnlySpan<int> ranges, int codePoint)
    {
        for (var i = 0; i < ranges.Length && ranges[i] <= codePoint; i += 2)
        {
            if (codePoint <= ranges[i + 1])
            {
                return true;
            }
        }

        return false;
    }

    private static int Map(ReadOnlySpan<int> fours, int codePoint)
    {
        var low = 0;
        var high = (fours.Length / 4) - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var row = fours.Slice(middle * 4, 4);
            if (codePoint < row[0])
            {
                high = middle - 1;
            }
            else if (codePoint > row[1])
            {
                low = middle + 1;
            }
            else
            {
                return (codePoint - row[0]) % row[2] == 0 ? codePoint + row[3] : codePoint;
            }
        }

        return codePoint;
    }
}
