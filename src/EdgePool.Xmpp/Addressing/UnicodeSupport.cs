using System.Text;

namespace EdgePool.Xmpp.Addressing;

/// <summary>
/// Whether this process normalizes Unicode as addresses need it. The runtime leaves that to ICU; in globalization-invariant mode, or with an ICU
/// older than the tables here, it silently does nothing or too little, and two spellings of one address would pass for two. An executable asks
/// once and refuses to start.
/// </summary>
public static class UnicodeSupport
{
    /// <summary>Null when all is well, or else what is wrong, for the operator.</summary>
    public static string? FindFault()
    {
        if (!IsNormalized("e\u0301", "\u00E9") || !IsNormalized("\u1100\u1161\u11A8", "\uAC01"))
        {
            return "Unicode normalization does nothing: the process runs in globalization-invariant mode or without ICU";
        }

        // U+10EFD has been a combining mark (class 220, before U+0301 of class 230) since Unicode 15.0, the version of the tables.
        return IsNormalized("a\u0301\U00010EFD", "\u00E1\U00010EFD") && IsNormalized("x\u0301\U00010EFD", "x\U00010EFD\u0301")
            ? null
            : "Unicode normalization is older than Unicode 15.0: ICU 72 or newer is needed";
    }

    private static bool IsNormalized(string text, string expected)
        => string.Equals(text.Normalize(NormalizationForm.FormC), expected, StringComparison.Ordinal);
}
