using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace EdgePool.Xmpp.Framing;

/// <summary>Where raw character data stands: XML 1.0 sections 2.11 and 3.3.3 treat line ends and references differently.</summary>
internal enum CharacterDataKind
{
    /// <summary>Text: references are resolved, line ends become LF.</summary>
    Text,

    /// <summary>Attribute value: references are resolved, raw white space becomes a space.</summary>
    AttributeValue,

    /// <summary>CDATA section: line ends become LF, nothing else.</summary>
    CdataSection,
}

/// <summary>Decodes character data that the scanner has validated.</summary>
internal static class CharacterData
{
    private static readonly SearchValues<byte> TextStops = SearchValues.Create("&\r"u8);
    private static readonly SearchValues<byte> ValueStops = SearchValues.Create("&\r\n\t"u8);
    private static readonly SearchValues<byte> CdataStops = SearchValues.Create("\r"u8);

    /// <summary>An attribute value does not stand for itself: it holds references or white space that is normalised.</summary>
    internal static bool NeedsDecoding(ReadOnlySpan<byte> rawValue) => rawValue.ContainsAny(ValueStops);

    /// <summary>Decodes into <paramref name="destination"/>, which must hold as many bytes as <paramref name="raw"/>: decoding never grows.</summary>
    /// <returns>The bytes written.</returns>
    internal static int Decode(ReadOnlySpan<byte> raw, Span<byte> destination, CharacterDataKind kind)
    {
        var stops = kind switch
        {
            CharacterDataKind.Text => TextStops,
            CharacterDataKind.AttributeValue => ValueStops,
            _ => CdataStops,
        };
        var written = 0;
        while (true)
        {
            var stop = raw.IndexOfAny(stops);
            var run = stop < 0 ? raw : raw[..stop];
            run.CopyTo(destination[written..]);
            written += run.Length;
            if (stop < 0)
            {
                return written;
            }

            raw = raw[stop..];
            written += DecodeStop(ref raw, destination[written..], kind);
        }
    }

    /// <summary>Decodes an attribute value to a string.</summary>
    internal static string DecodeToString(ReadOnlySpan<byte> raw, CharacterDataKind kind)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(raw.Length);
        var text = Encoding.UTF8.GetString(buffer, 0, Decode(raw, buffer, kind));
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }

    private static int DecodeStop(ref ReadOnlySpan<byte> raw, Span<byte> destination, CharacterDataKind kind)
    {
        if (raw[0] == (byte)'&')
        {
            var end = raw.IndexOf((byte)';');
            var reference = raw[1..end];
            raw = raw[(end + 1)..];
            return DecodeReference(reference, destination);
        }

        raw = raw[(raw.StartsWith("\r\n"u8) ? 2 : 1)..];
        destination[0] = kind == CharacterDataKind.AttributeValue ? (byte)' ' : (byte)'\n';
        return 1;
    }

    private static int DecodeReference(ReadOnlySpan<byte> reference, Span<byte> destination)
    {
        if (reference[0] == (byte)'#')
        {
            return DecodeNumber(reference[1..]).EncodeToUtf8(destination);
        }

        destination[0] = Predefined(reference);
        Debug.Assert(destination[0] != 0, "the scanner lets only the five entities pass");
        return 1;
    }

    private static Rune DecodeNumber(ReadOnlySpan<byte> digits)
    {
        var hexadecimal = digits[0] == (byte)'x';
        var parsed = uint.TryParse(
            (hexadecimal ? digits[1..] : digits).TrimStart((byte)'0'),
            hexadecimal ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var value);
        Debug.Assert(parsed, "the scanner lets only valid numbers pass");
        return new Rune(value);
    }

    /// <summary>The character of a predefined entity (XML 1.0 section 4.6); 0 for any other name.</summary>
    internal static byte Predefined(ReadOnlySpan<byte> name) => name switch
    {
        [(byte)'l', (byte)'t'] => (byte)'<',
        [(byte)'g', (byte)'t'] => (byte)'>',
        [(byte)'a', (byte)'m', (byte)'p'] => (byte)'&',
        [(byte)'q', (byte)'u', (byte)'o', (byte)'t'] => (byte)'"',
        [(byte)'a', (byte)'p', (byte)'o', (byte)'s'] => (byte)'\'',
        _ => 0,
    };
}
