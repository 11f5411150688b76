using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;
using System.Xml;

namespace EdgePool.Xmpp.Framing;

/// <summary>How a run of characters went.</summary>
internal enum RunStatus
{
    /// <summary>The run ended at a byte that is not part of it.</summary>
    Done,

    /// <summary>The data ended first, perhaps within a character.</summary>
    NeedMore,

    /// <summary>A byte sequence that is no XML character.</summary>
    Invalid,
}

/// <summary>
/// Runs of characters, a vector a step. One signed comparison finds both C0 controls and every byte of a multi-byte sequence;
/// those few are looked at one by one, so a run is validated while it is skipped.
/// </summary>
internal static class CharacterRuns
{
    /// <summary>More bytes than a short name has.</summary>
    internal const int ShortName = 16;

    /// <summary>How many bytes <see cref="AttributeMarks"/> looks at.</summary>
    internal const int AttributeBytes = 32;

    internal const byte NameStart = 1;
    internal const byte NamePart = 2;
    internal const byte Space = 4;
    internal const byte High = 8;

    // Stops of a run that may hold multi-byte sequences: the C0 controls and what ends or interrupts the run.
    private const string Controls = "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000A\u000B\u000C\u000D\u000E\u000F"
        + "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F";

    private static readonly SearchValues<byte> TextStops = SearchValues.Create(Encoding.ASCII.GetBytes(Controls + "<&>"));
    private static readonly SearchValues<byte> SingleQuotedStops = SearchValues.Create(Encoding.ASCII.GetBytes(Controls + "<&'"));
    private static readonly SearchValues<byte> DoubleQuotedStops = SearchValues.Create(Encoding.ASCII.GetBytes(Controls + "<&\""));
    private static readonly SearchValues<byte> CdataStops = SearchValues.Create(Encoding.ASCII.GetBytes(Controls + ">"));
    private static readonly byte[] Classes = BuildClasses();

    /// <summary>The class bits of a byte: what may stand in a name, what separates attributes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte Class(byte value) => Classes[value];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsSpace(byte value) => (Classes[value] & Space) != 0;

    /// <summary>
    /// The length of a short ASCII name without colon; 0 when there is none, it is not short, or the data may end before it. For one that is found,
    /// the byte behind it is there.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int ShortNameLength(ReadOnlySpan<byte> data, int at)
    {
        if (data.Length - at < Vector128<byte>.Count)
        {
            return 0;
        }

        var ends = NameEnds(Vector128.Create(data.Slice(at, Vector128<byte>.Count)));
        var begins = char.IsAsciiLetter((char)data[at]) || data[at] == (byte)'_';
        return begins && ends != 0 ? BitOperations.TrailingZeroCount(ends) : 0;
    }

    /// <summary>True for what may stand in a name but not begin it: digits, the hyphen, the full stop.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool BeginsLikeNumber(byte value) => value <= (byte)'9';

    /// <summary>
    /// The <see cref="AttributeBytes"/> bytes from an attribute's name on as bit masks: where the name can end (of the first 16), the quotes, and what a value
    /// cannot simply hold. All come from one look, so that finding the value's end does not wait for the name's; on the stanza path that wait is most
    /// of the work.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (uint NameEnds, uint Quotes, uint Unusual) AttributeMarks(ReadOnlySpan<byte> data, int start)
    {
        var block = Vector256.Create(data.Slice(start, AttributeBytes));
        // One of the two in signed bytes: so the masks stay vectors, whose bits are out sooner than those of AVX-512's mask registers.
        var quotes = Vector256.Equals(block.AsSByte(), Vector256.Create((sbyte)'\'')).AsByte() | Vector256.Equals(block, Vector256.Create((byte)'"'));
        var unusual = Vector256.LessThan(block.AsSByte(), Vector256.Create((sbyte)0x20)).AsByte()
            | Vector256.Equals(block, Vector256.Create((byte)'<'))
            | Vector256.Equals(block, Vector256.Create((byte)'&'));
        return (NameEnds(block.GetLower()), quotes.ExtractMostSignificantBits(), unusual.ExtractMostSignificantBits());
    }

    // The high half of a byte selects one bit, the low half those bits whose row has a name character in that column.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint NameEnds(Vector128<byte> block)
    {
        var rows = Vector128.Create((byte)0, 0, 1, 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0);
        var columns = Vector128.Create((byte)26, 30, 30, 30, 30, 30, 30, 30, 30, 30, 28, 4, 4, 5, 5, 12);
        var parts = Vector128.ShuffleNative(rows, (block >> 4) & Vector128.Create((byte)0x0F))
            & Vector128.ShuffleNative(columns, block & Vector128.Create((byte)0x0F));
        return Vector128.Equals(parts, Vector128<byte>.Zero).ExtractMostSignificantBits();
    }

    /// <summary>Index of the first byte at or after <paramref name="at"/> that is <c>&lt; &amp; &gt;</c>, a control or not ASCII; the length when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int SkipText(ReadOnlySpan<byte> data, int at)
    {
        while (data.Length - at >= Vector256<byte>.Count)
        {
            var block = Vector256.Create(data.Slice(at, Vector256<byte>.Count));
            var stops = Vector256.LessThan(block.AsSByte(), Vector256.Create((sbyte)0x20)).AsByte()
                | Vector256.Equals(block, Vector256.Create((byte)'<'))
                | Vector256.Equals(block, Vector256.Create((byte)'&'))
                | Vector256.Equals(block, Vector256.Create((byte)'>'));
            var mask = stops.ExtractMostSignificantBits();
            if (mask != 0)
            {
                return at + BitOperations.TrailingZeroCount(mask);
            }

            at += Vector256<byte>.Count;
        }

        while (at < data.Length && (sbyte)data[at] >= 0x20 && data[at] is not ((byte)'<' or (byte)'&' or (byte)'>'))
        {
            at++;
        }

        return at;
    }

    /// <summary>Index of the first byte at or after <paramref name="at"/> that is the quote, <c>&lt; &amp;</c>, a control or not ASCII; the length when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int SkipValue(ReadOnlySpan<byte> data, int at, byte quote)
    {
        while (data.Length - at >= Vector128<byte>.Count)
        {
            var block = Vector128.Create(data.Slice(at, Vector128<byte>.Count));
            var stops = Vector128.LessThan(block.AsSByte(), Vector128.Create((sbyte)0x20)).AsByte()
                | Vector128.Equals(block, Vector128.Create((byte)'<'))
                | Vector128.Equals(block, Vector128.Create((byte)'&'))
                | Vector128.Equals(block, Vector128.Create(quote));
            var mask = stops.ExtractMostSignificantBits();
            if (mask != 0)
            {
                return at + BitOperations.TrailingZeroCount(mask);
            }

            at += Vector128<byte>.Count;
        }

        while (at < data.Length && (sbyte)data[at] >= 0x20 && data[at] is not ((byte)'<' or (byte)'&') && data[at] != quote)
        {
            at++;
        }

        return at;
    }

    /// <summary>True when the <paramref name="length"/> bytes at <paramref name="at"/> are those at <paramref name="earlier"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Repeats(ReadOnlySpan<byte> data, int at, int earlier, int length)
    {
        if (length > Vector128<byte>.Count || data.Length - at < Vector128<byte>.Count)
        {
            return data.Slice(at, length).SequenceEqual(data.Slice(earlier, length));
        }

        var equal = Vector128.Equals(
            Vector128.Create(data.Slice(at, Vector128<byte>.Count)),
            Vector128.Create(data.Slice(earlier, Vector128<byte>.Count)));
        return BitOperations.TrailingZeroCount(~equal.ExtractMostSignificantBits()) >= length;
    }

    /// <summary>Skips text from a byte that is not ASCII, validating it, up to the next <c>&lt; &amp; &gt;</c> or control.</summary>
    internal static RunStatus SkipUnicodeText(ReadOnlySpan<byte> data, ref int at) => SkipUnicode(data, ref at, TextStops);

    /// <summary>Skips an attribute value from a byte that is not ASCII, validating it.</summary>
    internal static RunStatus SkipUnicodeValue(ReadOnlySpan<byte> data, ref int at, byte quote)
        => SkipUnicode(data, ref at, quote == (byte)'"' ? DoubleQuotedStops : SingleQuotedStops);

    /// <summary>Skips the content of a CDATA section, validating it, up to the next <c>&gt;</c> or control.</summary>
    internal static RunStatus SkipCdata(ReadOnlySpan<byte> data, ref int at) => SkipUnicode(data, ref at, CdataStops);

    private static RunStatus SkipUnicode(ReadOnlySpan<byte> data, ref int at, SearchValues<byte> stops)
    {
        var run = data[at..];
        var length = run.IndexOfAny(stops);
        if (length >= 0)
        {
            run = run[..length];
        }
        else
        {
            run = run[..^UnfinishedBytes(run)];
        }

        if (!Utf8.IsValid(run) || HoldsNoncharacter(run))
        {
            return RunStatus.Invalid;
        }

        at += run.Length;
        return length >= 0 ? RunStatus.Done : RunStatus.NeedMore;
    }

    // How many bytes at the end are the valid beginning of a character that is not there yet.
    private static int UnfinishedBytes(ReadOnlySpan<byte> run)
    {
        for (var count = 1; count <= Math.Min(3, run.Length); count++)
        {
            if ((run[^count] & 0xC0) != 0x80)
            {
                return Rune.DecodeFromUtf8(run[^count..], out _, out _) == OperationStatus.NeedMoreData ? count : 0;
            }
        }

        return 0;
    }

    // U+FFFE and U+FFFF (EF BF BE, EF BF BF) are the only characters of valid UTF-8 above the controls that XML 1.0 section 2.2 leaves out.
    private static bool HoldsNoncharacter(ReadOnlySpan<byte> run)
    {
        for (var found = run.IndexOf((byte)0xEF); found >= 0; found = run.IndexOf((byte)0xEF))
        {
            if (run.Length - found >= 3 && run[found + 1] == 0xBF && run[found + 2] >= 0xBE)
            {
                return true;
            }

            run = run[(found + 1)..];
        }

        return false;
    }

    /// <summary>
    /// Skips one character of a name that is not ASCII. XML 1.0 up to its fourth edition decides, as in expat and System.Xml: what only the fifth
    /// edition allows would not be read by everyone behind us.
    /// </summary>
    internal static RunStatus SkipUnicodeNameCharacter(ReadOnlySpan<byte> data, ref int at, bool first)
    {
        var status = Rune.DecodeFromUtf8(data[at..], out var rune, out var length);
        if (status == OperationStatus.NeedMoreData)
        {
            return RunStatus.NeedMore;
        }

        if (status != OperationStatus.Done || !rune.IsBmp)
        {
            return RunStatus.Invalid;
        }

        if (first ? !XmlConvert.IsStartNCNameChar((char)rune.Value) : !XmlConvert.IsNCNameChar((char)rune.Value))
        {
            return RunStatus.Invalid;
        }

        at += length;
        return RunStatus.Done;
    }

    /// <summary>Skips one character that is not ASCII.</summary>
    internal static RunStatus SkipUnicodeCharacter(ReadOnlySpan<byte> data, ref int at)
    {
        var status = Rune.DecodeFromUtf8(data[at..], out var rune, out var length);
        if (status == OperationStatus.NeedMoreData)
        {
            return RunStatus.NeedMore;
        }

        at += length;
        return status == OperationStatus.Done && IsCharacter((uint)rune.Value) ? RunStatus.Done : RunStatus.Invalid;
    }

    /// <summary>True for a character that XML 1.0 section 2.2 allows.</summary>
    internal static bool IsCharacter(uint codePoint) => codePoint switch
    {
        0x9 or 0xA or 0xD => true,
        < 0x20 => false,
        < 0xD800 => true,
        < 0xE000 => false,
        0xFFFE or 0xFFFF => false,
        _ => codePoint <= 0x10FFFF,
    };

    private static byte[] BuildClasses()
    {
        var classes = new byte[256];
        for (var value = 0; value < 256; value++)
        {
            classes[value] = value switch
            {
                >= 'a' and <= 'z' or >= 'A' and <= 'Z' or '_' => NameStart | NamePart,
                >= '0' and <= '9' or '-' or '.' => NamePart,
                ' ' or '\t' or '\n' or '\r' => Space,
                >= 0x80 => High,
                _ => 0,
            };
        }

        return classes;
    }
}
