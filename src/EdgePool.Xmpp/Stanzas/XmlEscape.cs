using System.Buffers;
using System.Text;

namespace EdgePool.Xmpp.Stanzas;

/// <summary>
/// The one escaper. What XML cannot say at all (most C0 controls, U+FFFE, U+FFFF) becomes U+FFFD, so nothing written
/// here is ever malformed. Attribute values are for either quote.
/// </summary>
public static class XmlEscape
{
    /// <summary>The most bytes that one byte can become.</summary>
    public const int MaxExpansion = 6;

    private const string Controls = "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000B\u000C\u000E\u000F"
        + "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F\r";

    private static readonly SearchValues<byte> TextStops = Stops("<&>");
    private static readonly SearchValues<byte> ValueStops = Stops("<&>'\"\t\n");

    /// <summary>Writes text between tags. LF and TAB stay; CR is written as a reference, or it would be read as LF.</summary>
    public static void WriteText(IBufferWriter<byte> output, ReadOnlySpan<byte> utf8) => Write(output, utf8, TextStops);

    /// <summary>Writes text between tags.</summary>
    public static void WriteText(IBufferWriter<byte> output, string text) => Write(output, text, TextStops);

    /// <summary>Writes an attribute value without its quotes. White space other than the space is written as references.</summary>
    public static void WriteAttributeValue(IBufferWriter<byte> output, ReadOnlySpan<byte> utf8) => Write(output, utf8, ValueStops);

    /// <summary>Writes an attribute value without its quotes.</summary>
    public static void WriteAttributeValue(IBufferWriter<byte> output, string value) => Write(output, value, ValueStops);

    /// <summary>Writes an attribute value into memory of <see cref="MaxExpansion"/> times its length.</summary>
    /// <returns>The bytes written.</returns>
    internal static int AttributeValue(Span<byte> destination, ReadOnlySpan<byte> utf8) => Escape(destination, utf8, ValueStops);

    private static void Write(IBufferWriter<byte> output, string text, SearchValues<byte> stops)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(text);
        var utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        Write(output, utf8.AsSpan(0, Encoding.UTF8.GetBytes(text, utf8)), stops);
        ArrayPool<byte>.Shared.Return(utf8);
    }

    private static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> utf8, SearchValues<byte> stops)
    {
        ArgumentNullException.ThrowIfNull(output);
        while (true)
        {
            var stop = utf8.IndexOfAny(stops);
            output.Write(stop < 0 ? utf8 : utf8[..stop]);
            if (stop < 0)
            {
                return;
            }

            output.Write(Replacement(utf8[stop..], out var length));
            utf8 = utf8[(stop + length)..];
        }
    }

    private static int Escape(Span<byte> destination, ReadOnlySpan<byte> utf8, SearchValues<byte> stops)
    {
        var written = 0;
        while (true)
        {
            var stop = utf8.IndexOfAny(stops);
            var run = stop < 0 ? utf8 : utf8[..stop];
            run.CopyTo(destination[written..]);
            written += run.Length;
            if (stop < 0)
            {
                return written;
            }

            var replacement = Replacement(utf8[stop..], out var length);
            replacement.CopyTo(destination[written..]);
            written += replacement.Length;
            utf8 = utf8[(stop + length)..];
        }
    }

    private static ReadOnlySpan<byte> Replacement(ReadOnlySpan<byte> at, out int length)
    {
        length = 1;
        switch (at[0])
        {
            case (byte)'<':
                return "&lt;"u8;
            case (byte)'>':
                return "&gt;"u8;
            case (byte)'&':
                return "&amp;"u8;
            case (byte)'\'':
                return "&apos;"u8;
            case (byte)'"':
                return "&quot;"u8;
            case (byte)'\t':
                return "&#9;"u8;
            case (byte)'\n':
                return "&#10;"u8;
            case (byte)'\r':
                return "&#13;"u8;
            case 0xEF when at.Length < 3 || at[1] != 0xBF || at[2] < 0xBE:
                return at[..1];
            case 0xEF:
                length = 3;
                return "\uFFFD"u8;
            default:
                return "\uFFFD"u8;
        }
    }

    private static SearchValues<byte> Stops(string ascii) => SearchValues.Create([.. Encoding.ASCII.GetBytes(Controls + ascii), 0xEF]);
}
