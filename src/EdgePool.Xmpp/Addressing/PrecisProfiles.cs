using System.Text;

namespace EdgePool.Xmpp.Addressing;

/// <summary>
/// Enforcement by the two PRECIS profiles that an address uses (RFC 8265 sections 3.3 and 4.2). The rules run in the order of RFC 8264 section 7:
/// width, additional mapping, case, normalization, directionality, and last the string class. A string that does not settle under its rules is
/// refused, so what comes out always enforces to itself.
/// </summary>
internal static class PrecisProfiles
{
    /// <summary>Canonical UTF-8, or null when the profile refuses the string or the string is empty or is not UTF-8.</summary>
    internal static byte[]? UsernameCaseMapped(ReadOnlySpan<byte> utf8)
    {
        if (UnicodeText.Decode(utf8) is not { } text
            || UnicodeText.Settle(text, static s => UnicodeText.MapCase(UnicodeText.MapWidth(s)).Normalize(NormalizationForm.FormC)) is not { } mapped)
        {
            return null;
        }

        var codePoints = UnicodeText.CodePoints(mapped);
        return codePoints.Length != 0
            && IsInClass(codePoints, freeform: false)
            && (!BidiRule.HasRightToLeft(codePoints) || BidiRule.IsSatisfied(codePoints))
            ? Encoding.UTF8.GetBytes(mapped)
            : null;
    }

    /// <inheritdoc cref="UsernameCaseMapped"/>
    internal static byte[]? OpaqueString(ReadOnlySpan<byte> utf8)
    {
        if (UnicodeText.Decode(utf8) is not { } text
            || UnicodeText.Settle(text, static s => UnicodeText.MapSpaces(s).Normalize(NormalizationForm.FormC)) is not { } mapped)
        {
            return null;
        }

        var codePoints = UnicodeText.CodePoints(mapped);
        return codePoints.Length != 0 && IsInClass(codePoints, freeform: true) ? Encoding.UTF8.GetBytes(mapped) : null;
    }

    /// <summary>The IdentifierClass or the FreeformClass (RFC 8264 sections 4.2 and 4.3), contextual rules included.</summary>
    private static bool IsInClass(ReadOnlySpan<int> codePoints, bool freeform)
    {
        for (var i = 0; i < codePoints.Length; i++)
        {
            var allowed = UnicodeProperties.PrecisClassOf(codePoints[i]) switch
            {
                PrecisClass.Valid => true,
                PrecisClass.FreeformOnly => freeform,
                PrecisClass.ContextJ or PrecisClass.ContextO => ContextRules.Allow(codePoints, i),
                _ => false,
            };
            if (!allowed)
            {
                return false;
            }
        }

        return ContextRules.AllowWhole(codePoints) && !UnicodeText.HasLongMarkRun(codePoints);
    }
}
