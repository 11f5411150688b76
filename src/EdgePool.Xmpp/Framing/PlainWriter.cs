using System.Buffers;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Framing;

/// <summary>
/// The plain way out: <c>&lt;name from='…' to='…'</c> is ours; the other attributes and everything behind the start tag are copied in as few runs
/// as the dropped attributes leave.
/// </summary>
internal static class PlainWriter
{
    // "<", " from=''", " to=''": what a start tag of ours takes besides names and values.
    private const int OwnBytes = 1 + 8 + 6;

    internal static void Write(IBufferWriter<byte> output, ElementScanner scanner, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        ref readonly var top = ref scanner.Top;
        if (top.DefaultDeclaration == 0 && IsWrittenAs(scanner, top.From, bytes, from) && IsWrittenAs(scanner, top.To, bytes, to))
        {
            output.Write(bytes);
            return;
        }

        var most = (long)bytes.Length + OwnBytes + ((long)XmlEscape.MaxExpansion * (from.Length + to.Length));
        var span = output.GetSpan((int)Math.Min(most, 4096 + ((long)XmlEscape.MaxExpansion * (from.Length + to.Length))));
        var name = scanner.TopName(bytes);
        var written = 0;
        span[written++] = (byte)'<';
        name.CopyTo(span[written..]);
        written += name.Length;
        written += WriteAddress(span[written..], " from='"u8, from);
        written += WriteAddress(span[written..], " to='"u8, to);
        var kept = 1 + name.Length;
        for (var index = 0; index < top.AttributeCount; index++)
        {
            if (index + 1 == top.From.Number || index + 1 == top.To.Number || index + 1 == top.DefaultDeclaration)
            {
                ref readonly var dropped = ref scanner.Attribute(index);
                Copy(output, ref span, ref written, bytes[kept..dropped.NameStart].TrimEnd(" \t\r\n"u8));
                kept = dropped.ValueEnd + 1;
            }
        }

        Copy(output, ref span, ref written, bytes[kept..]);
        output.Advance(written);
    }

    // Most addresses are canonical already: then the start tag is, byte for byte, one that we could have written.
    private static bool IsWrittenAs(ElementScanner scanner, in TopAttribute noted, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> address)
    {
        if (noted.Number == 0)
        {
            return false;
        }

        ref readonly var attribute = ref scanner.Attribute(noted.Number - 1);
        return !attribute.NeedsDecoding && address.SequenceEqual(attribute.RawValue(bytes));
    }

    private static int WriteAddress(Span<byte> span, ReadOnlySpan<byte> opening, ReadOnlySpan<byte> address)
    {
        if (address.IsEmpty)
        {
            return 0;
        }

        opening.CopyTo(span);
        var written = opening.Length + XmlEscape.AttributeValue(span[opening.Length..], address);
        span[written++] = (byte)'\'';
        return written;
    }

    private static void Copy(IBufferWriter<byte> output, ref Span<byte> span, ref int written, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > span.Length - written)
        {
            output.Advance(written);
            written = 0;
            output.Write(bytes);
            span = output.GetSpan(1);
            return;
        }

        bytes.CopyTo(span[written..]);
        written += bytes.Length;
    }
}
