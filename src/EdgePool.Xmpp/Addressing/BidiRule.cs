namespace EdgePool.Xmpp.Addressing;

/// <summary>The Bidi Rule (RFC 5893 section 2), for labels of a domain and for localparts.</summary>
internal static class BidiRule
{
    /// <summary>The string, or the domain it is a label of, comes under the rule.</summary>
    internal static bool HasRightToLeft(ReadOnlySpan<int> codePoints)
    {
        foreach (var codePoint in codePoints)
        {
            if (codePoint >= 0x590 && UnicodeProperties.BidiClassOf(codePoint) is BidiClass.R or BidiClass.AL or BidiClass.AN)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>All six conditions over one label.</summary>
    internal static bool IsSatisfied(ReadOnlySpan<int> label) => UnicodeProperties.BidiClassOf(label[0]) switch
    {
        BidiClass.R or BidiClass.AL => IsRightToLeft(label),
        BidiClass.L => IsLeftToRight(label),
        _ => false,
    };

    /// <summary>Conditions 2, 3 and 4.</summary>
    private static bool IsRightToLeft(ReadOnlySpan<int> label)
    {
        var european = false;
        var arabic = false;
        var last = BidiClass.Other;
        foreach (var codePoint in label)
        {
            var bidi = UnicodeProperties.BidiClassOf(codePoint);
            if (bidi is BidiClass.Other or BidiClass.L)
            {
                return false;
            }

            european |= bidi == BidiClass.EN;
            arabic |= bidi == BidiClass.AN;
            last = bidi == BidiClass.NSM ? last : bidi;
        }

        return !(european && arabic) && last is BidiClass.R or BidiClass.AL or BidiClass.EN or BidiClass.AN;
    }

    /// <summary>Conditions 5 and 6.</summary>
    private static bool IsLeftToRight(ReadOnlySpan<int> label)
    {
        var last = BidiClass.Other;
        foreach (var codePoint in label)
        {
            var bidi = UnicodeProperties.BidiClassOf(codePoint);
            if (bidi is BidiClass.Other or BidiClass.R or BidiClass.AL or BidiClass.AN)
            {
                return false;
            }

            last = bidi == BidiClass.NSM ? last : bidi;
        }

        return last is BidiClass.L or BidiClass.EN;
    }
}
