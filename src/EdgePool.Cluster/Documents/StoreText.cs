using System.Buffers;
using System.Text;

namespace EdgePool.Cluster.Documents;

/// <summary>What every store demands of text: Unicode without U+0000, so that it comes back as it went in, and no longer than its limit.</summary>
internal static class StoreText
{
    private static readonly SearchValues<char> Suspicious = SearchValues.Create([.. Enumerable.Range(0xD800, 0x800).Prepend(0).Select(code => (char)code)]);

    /// <summary>Null: the text can be stored.</summary>
    /// <param name="text">The text.</param>
    /// <param name="limit">Bytes of UTF-8.</param>
    /// <param name="what">For the message: what it is of what, such as <c>the body of Partner/partner.example</c>.</param>
    /// <param name="mayBeEmpty">False: an empty text is refused.</param>
    public static Refusal? Judge(string text, int limit, string what, bool mayBeEmpty)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0 && !mayBeEmpty)
        {
            return new Refusal(RefusalReason.Invalid, $"{what} is empty");
        }

        // Each UTF-16 code unit is at least one byte.
        if (text.Length > limit || Encoding.UTF8.GetByteCount(text) > limit)
        {
            return new Refusal(RefusalReason.TooLarge, $"{what} exceeds {limit} bytes");
        }

        return IsUnicode(text) ? null : new Refusal(RefusalReason.Invalid, $"{what} contains U+0000 or half of a surrogate pair");
    }

    private static bool IsUnicode(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAny(Suspicious) is var at and >= 0)
        {
            if (text[at] == '\0' || Rune.DecodeFromUtf16(text[at..], out _, out var consumed) is not OperationStatus.Done)
            {
                return false;
            }

            text = text[(at + consumed)..];
        }

        return true;
    }
}
