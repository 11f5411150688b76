using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgePool.Xmpp.Addressing;

/// <summary>A domainpart beyond the canonical ASCII case: U-labels, A-labels, upper case, a trailing dot, an address literal (RFC 7622 section 3.2).</summary>
internal static class Idna
{
    private static readonly SearchValues<char> LiteralCharacters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Both canonical forms; they are one string for ASCII names and literals. False: jid-malformed.</summary>
    internal static bool TryCanonicalize(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out string? unicode, [NotNullWhen(true)] out string? ascii)
    {
        unicode = ascii = null;
        if (utf8.Length is 0 or > AddressLimits.Part || UnicodeText.Decode(utf8) is not { } text)
        {
            return false;
        }

        if (text[0] == '[')
        {
            return TryCanonicalizeLiteral(text, out unicode, out ascii);
        }

        var labels = (text[^1] == '.' ? text[..^1] : text).Split('.');
        var aLabels = new string[labels.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            if (!IdnaLabel.TryCanonicalize(labels[i], out var uLabel, out var aLabel))
            {
                return false;
            }

            labels[i] = uLabel;
            aLabels[i] = aLabel;
        }

        ascii = string.Join('.', aLabels);
        unicode = string.Join('.', labels);
        return IsName(ascii) && ObeysBidiRule(labels);
    }

    /// <summary>The length of the whole, and no host name whose last label is a number: what the ASCII path demands of a name.</summary>
    private static bool IsName(string ascii)
        => ascii.Length <= AddressLimits.Domain
            && (ascii.AsSpan(ascii.LastIndexOf('.') + 1).ContainsAnyExceptInRange('0', '9')
                || CanonicalAscii.IsDomain(Encoding.ASCII.GetBytes(ascii)));

    /// <summary>In a name with a right-to-left label, every label is under the rule (RFC 5893 section 2).</summary>
    private static bool ObeysBidiRule(string[] labels)
    {
        if (!Array.Exists(labels, static label => !Ascii.IsValid(label) && BidiRule.HasRightToLeft(UnicodeText.CodePoints(label))))
        {
            return true;
        }

        return Array.TrueForAll(labels, static label => BidiRule.IsSatisfied(UnicodeText.CodePoints(label)));
    }

    /// <summary><c>[IPv6]</c> in the text form of RFC 5952; no zone, no prefix length, no IPvFuture.</summary>
    private static bool TryCanonicalizeLiteral(string text, [NotNullWhen(true)] out string? unicode, [NotNullWhen(true)] out string? ascii)
    {
        unicode = ascii = null;
        if (text[^1] != ']' || text.AsSpan(1, text.Length - 2).ContainsAnyExcept(LiteralCharacters))
        {
            return false;
        }

        if (!IPAddress.TryParse(text.AsSpan(1, text.Length - 2), out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        unicode = ascii = $"[{address}]";
        return true;
    }
}
