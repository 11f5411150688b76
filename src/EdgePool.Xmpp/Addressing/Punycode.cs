using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace EdgePool.Xmpp.Addressing;

/// <summary>
/// Punycode (RFC 3492) over one label without its <c>xn--</c>, lower case only. Labels are at most 63 octets, so no number here can overflow
/// before the limit on the label stops it.
/// </summary>
internal static class Punycode
{
    private const int Base = 36;
    private const int TMin = 1;
    private const int TMax = 26;
    private const int Skew = 38;
    private const int Damp = 700;
    private const int InitialBias = 72;
    private const int InitialCodePoint = 0x80;
    private const int MaxCodePoint = 0x10FFFF;

    /// <summary>Decodes lower-case ASCII. False for a bad digit, a truncated number, an overflow, or a code point that is no scalar value.</summary>
    internal static bool TryDecode(ReadOnlySpan<char> encoded, [NotNullWhen(true)] out string? decoded)
    {
        decoded = null;
        if (encoded.Length > AddressLimits.Label)
        {
            return false;
        }

        var delimiter = encoded.LastIndexOf('-');
        var output = new List<int>(encoded.Length);
        for (var i = 0; i < delimiter; i++)
        {
            output.Add(encoded[i]);
        }

        var position = delimiter + 1;
        var codePoint = InitialCodePoint;
        var insertAt = 0;
        var bias = InitialBias;
        var first = true;
        while (position < encoded.Length)
        {
            if (!TryReadNumber(encoded, ref position, bias, out var delta))
            {
                return false;
            }

            var sum = insertAt + delta;
            var length = output.Count + 1;
            bias = Adapt((int)delta, length, first);
            first = false;
            if (sum / length > MaxCodePoint - codePoint)
            {
                return false;
            }

            codePoint += (int)(sum / length);
            insertAt = (int)(sum % length);
            if (!Rune.IsValid(codePoint))
            {
                return false;
            }

            output.Insert(insertAt++, codePoint);
        }

        decoded = Join(output);
        return true;
    }

    /// <summary>Encodes a label that holds at least one code point beyond ASCII. False when the result is longer than any A-label.</summary>
    internal static bool TryEncode(ReadOnlySpan<int> label, [NotNullWhen(true)] out string? encoded)
    {
        encoded = null;
        if (label.Length > AddressLimits.Label)
        {
            return false;
        }

        var output = new StringBuilder(AddressLimits.Label);
        foreach (var c in label)
        {
            if (c < InitialCodePoint)
            {
                output.Append((char)c);
            }
        }

        var basic = output.Length;
        if (basic > 0)
        {
            output.Append('-');
        }

        var bias = InitialBias;
        var delta = 0;
        var handled = basic;
        for (var codePoint = InitialCodePoint; handled < label.Length; codePoint++)
        {
            var next = NextAtLeast(label, codePoint);
            delta += (next - codePoint) * (handled + 1);
            codePoint = next;
            foreach (var c in label)
            {
                if (c < codePoint)
                {
                    delta++;
                }
                else if (c == codePoint)
                {
                    AppendNumber(output, delta, bias);
                    bias = Adapt(delta, handled + 1, first: handled == basic);
                    delta = 0;
                    handled++;
                }
            }

            delta++;
        }

        encoded = output.ToString();
        return encoded.Length <= AddressLimits.Label;
    }

    private static int NextAtLeast(ReadOnlySpan<int> label, int codePoint)
    {
        var next = int.MaxValue;
        foreach (var c in label)
        {
            if (c >= codePoint && c < next)
            {
                next = c;
            }
        }

        return next;
    }

    private static int Threshold(int k, int bias) => Math.Clamp(k - bias, TMin, TMax);

    private static bool TryReadNumber(ReadOnlySpan<char> encoded, ref int position, int bias, out long number)
    {
        number = 0;
        var weight = 1L;
        for (var k = Base; position < encoded.Length; k += Base)
        {
            var digit = DigitOf(encoded[position++]);
            if (digit < 0)
            {
                return false;
            }

            number += digit * weight;
            if (number > int.MaxValue)
            {
                return false;
            }

            var threshold = Threshold(k, bias);
            if (digit < threshold)
            {
                return true;
            }

            weight *= Base - threshold;
            if (weight > int.MaxValue)
            {
                return false;
            }
        }

        return false;
    }

    private static void AppendNumber(StringBuilder output, int number, int bias)
    {
        for (var k = Base; ; k += Base)
        {
            var threshold = Threshold(k, bias);
            if (number < threshold)
            {
                output.Append(ToDigit(number));
                return;
            }

            var rest = number - threshold;
            output.Append(ToDigit(threshold + (rest % (Base - threshold))));
            number = rest / (Base - threshold);
        }
    }

    private static int Adapt(int delta, int length, bool first)
    {
        delta = first ? delta / Damp : delta / 2;
        delta += delta / length;
        var k = 0;
        while (delta > (Base - TMin) * TMax / 2)
        {
            delta /= Base - TMin;
            k += Base;
        }

        return k + ((Base - TMin + 1) * delta / (delta + Skew));
    }

    private static int DigitOf(char c) => c switch
    {
        >= 'a' and <= 'z' => c - 'a',
        >= '0' and <= '9' => c - '0' + 26,
        _ => -1,
    };

    private static char ToDigit(int digit) => (char)(digit < 26 ? 'a' + digit : '0' + digit - 26);

    private static string Join(List<int> codePoints)
    {
        var text = new StringBuilder(codePoints.Count);
        foreach (var codePoint in codePoints)
        {
            text.Append(new Rune(codePoint).ToString());
        }

        return text.ToString();
    }
}
