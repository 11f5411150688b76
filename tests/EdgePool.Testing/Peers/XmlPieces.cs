using System.Text;

namespace EdgePool.Testing.Peers;

internal enum XmlPieceKind
{
    /// <summary>The stream's start tag, complete.</summary>
    StreamStart,

    /// <summary>A complete child of the stream.</summary>
    Element,

    /// <summary>The stream's end tag.</summary>
    StreamEnd,
}

/// <summary>
/// Cuts the bytes of an XML stream (RFC 6120 section 4.2) into the stream's start tag, its complete children and its end tag. It is made
/// for tests: it looks for boundaries only and leaves every judgement to the XML parser that reads the pieces.
/// </summary>
internal sealed class XmlPieces
{
    private byte[] buffer = new byte[4096];
    private int start;
    private int end;
    private bool open;

    /// <summary>Bytes received and not yet handed out.</summary>
    public ReadOnlySpan<byte> Pending => buffer.AsSpan(start, end - start);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (buffer.Length - end < bytes.Length)
        {
            var larger = buffer.Length - (end - start) < bytes.Length ? new byte[Math.Max(buffer.Length * 2, end - start + bytes.Length)] : buffer;
            Array.Copy(buffer, start, larger, 0, end - start);
            (buffer, end, start) = (larger, end - start, 0);
        }

        bytes.CopyTo(buffer.AsSpan(end));
        end += bytes.Length;
    }

    /// <summary>The next bytes begin a new stream.</summary>
    public void Restart() => open = false;

    /// <summary>The next complete piece; false: more bytes are needed.</summary>
    public bool TryNext(out XmlPieceKind kind, out string text)
    {
        (kind, text) = (default, "");
        SkipBetween();
        if (start == end)
            return false;
        if (!open || StartsWith("<stream:stream"))
            return TryStreamStart(out kind, out text);
        if (StartsWith("</"))
            return TryTake(TagEnd(start), XmlPieceKind.StreamEnd, out kind, out text);
        return TryTake(ElementEnd(start), XmlPieceKind.Element, out kind, out text);
    }

    private bool TryStreamStart(out XmlPieceKind kind, out string text)
    {
        open = true;
        if (TryTake(TagEnd(start), XmlPieceKind.StreamStart, out kind, out text))
            return true;
        open = false;
        return false;
    }

    private bool TryTake(int after, XmlPieceKind wanted, out XmlPieceKind kind, out string text)
    {
        (kind, text) = (wanted, "");
        if (after < 0)
            return false;
        text = Encoding.UTF8.GetString(buffer, start, after - start);
        start = after;
        return true;
    }

    // White space keeps a connection alive; a declaration opens a stream and means nothing more.
    private void SkipBetween()
    {
        while (start < end)
        {
            if (buffer[start] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                start++;
            else if (StartsWith("<?") && TagEnd(start) is > 0 and var after)
                (start, open) = (after, false);
            else
                return;
        }
    }

    private bool StartsWith(string text)
    {
        var span = Pending;
        if (span.Length < text.Length)
            return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (span[i] != text[i])
                return false;
        }

        return true;
    }

    // The index behind the element that starts at `at`, or -1.
    private int ElementEnd(int at)
    {
        var depth = 0;
        while (at < end)
        {
            var next = buffer.AsSpan(at, end - at).IndexOf((byte)'<');
            if (next < 0)
                return -1;
            at += next;
            var after = TagEnd(at);
            if (after < 0)
                return -1;
            if (buffer[at + 1] == (byte)'/')
                depth--;
            else if (buffer[at + 1] is not ((byte)'!' or (byte)'?') && buffer[after - 2] != (byte)'/')
                depth++;
            at = after;
            if (depth <= 0)
                return at;
        }

        return -1;
    }

    // The index behind the markup that starts at `at` with '<', or -1.
    private int TagEnd(int at)
    {
        var span = buffer.AsSpan(at, end - at);
        if (span.StartsWith("<!--"u8))
            return After(at, span, "-->"u8);
        if (span.StartsWith("<![CDATA["u8))
            return After(at, span, "]]>"u8);
        if (span.StartsWith("<?"u8))
            return After(at, span, "?>"u8);
        byte quote = 0;
        for (var i = 1; i < span.Length; i++)
        {
            var b = span[i];
            if (quote != 0)
                quote = b == quote ? (byte)0 : quote;
            else if (b is (byte)'"' or (byte)'\'')
                quote = b;
            else if (b == (byte)'>')
                return at + i + 1;
        }

        return -1;
    }

    private static int After(int at, ReadOnlySpan<byte> span, ReadOnlySpan<byte> closing) =>
        span.IndexOf(closing) is >= 0 and var found ? at + found + closing.Length : -1;
}
