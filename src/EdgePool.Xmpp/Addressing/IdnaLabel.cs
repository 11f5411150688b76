using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace EdgePool.Xmpp.Addressing;

/// <summary>
/// One label of a domain name under IDNA2008 (RFC 5890 to 5893), in both its forms. For a plain ASCII label they are the same.
/// <para>
/// The mapping before it is the local one that RFC 5895 allows: width, lower case, NFC. Code points that IDNA2008 permits are never mapped, and
/// nothing maps to a dot: separators were found before. <see cref="System.Globalization.IdnMapping"/> would not do, for it implements UTS 46, which lets symbols and
/// emoji pass and turns four other dots into separators.
/// </para>
/// </summary>
internal static class IdnaLabel
{
    private const string Prefix = "xn--";

    /// <summary>Canonicalizes a label as written: NR-LDH, A-label or U-label. False when it is none of them.</summary>
    internal static bool TryCanonicalize(string label, [NotNullWhen(true)] out string? unicode, [NotNullWhen(true)] out string? ascii)
    {
        unicode = ascii = null;
        var mapped = Ascii.IsValid(label) ? label.ToLowerInvariant() : UnicodeText.Settle(label, Map);
        if (mapped is null)
        {
            return false;
        }

        if (!Ascii.IsValid(mapped))
        {
            unicode = mapped;
            return TryEncode(mapped, out ascii);
        }

        ascii = mapped;
        unicode = mapped;
        if (!IsLdh(mapped))
        {
            return false;
        }

        return mapped.StartsWith(Prefix, StringComparison.Ordinal) ? TryDecode(mapped, out unicode) : !HasHyphensAtThree(mapped);
    }

    private static string Map(string label)
        => UnicodeText.MapEach(UnicodeText.MapWidth(label), static c => UnicodeProperties.IsIdnaValid(c) ? c : UnicodeProperties.ToLower(c))
            .Replace("\u0130", "i\u0307", StringComparison.Ordinal)
            .Normalize(NormalizationForm.FormC);

    /// <summary>An A-label stands for a U-label that encodes to the very same A-label; a mere prefix does not make one (RFC 5890 section 2.3.2.1).</summary>
    private static bool TryDecode(string aLabel, [NotNullWhen(true)] out string? unicode)
        => Punycode.TryDecode(aLabel.AsSpan(Prefix.Length), out unicode)
            && !Ascii.IsValid(unicode)
            && TryEncode(unicode, out var again)
            && string.Equals(again, aLabel, StringComparison.Ordinal)
            && unicode.IsNormalized(NormalizationForm.FormC);

    private static bool TryEncode(string uLabel, [NotNullWhen(true)] out string? ascii)
    {
        ascii = null;
        var codePoints = UnicodeText.CodePoints(uLabel);
        if (!IsULabel(codePoints) || !Punycode.TryEncode(codePoints, out var encoded) || encoded.Length > AddressLimits.Label - Prefix.Length)
        {
            return false;
        }

        ascii = Prefix + encoded;
        return true;
    }

    /// <summary>The tests of RFC 5891 section 4.2.3 but for the Bidi Rule, which looks at the whole name.</summary>
    private static bool IsULabel(ReadOnlySpan<int> label)
    {
        if (label[0] == '-' || label[^1] == '-' || (label.Length > 3 && label[2] == '-' && label[3] == '-') || UnicodeProperties.IsMark(label[0]))
        {
            return false;
        }

        for (var i = 0; i < label.Length; i++)
        {
            var allowed = UnicodeProperties.PrecisClassOf(label[i]) is PrecisClass.ContextJ or PrecisClass.ContextO
                ? ContextRules.Allow(label, i)
                : UnicodeProperties.IsIdnaValid(label[i]);
            if (!allowed)
            {
                return false;
            }
        }

        return ContextRules.AllowWhole(label) && !UnicodeText.HasLongMarkRun(label);
    }

    private static bool IsLdh(string label)
    {
        if (label.Length is 0 or > AddressLimits.Label || label[0] == '-' || label[^1] == '-')
        {
            return false;
        }

        foreach (var c in label)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>R-LDH labels other than A-labels are reserved, not names (RFC 5890 section 2.3.1).</summary>
    private static bool HasHyphensAtThree(string label) => label.Length > 3 && label[2] == '-' && label[3] == '-';
}
