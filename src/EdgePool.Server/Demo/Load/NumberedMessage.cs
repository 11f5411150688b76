using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace EdgePool.Server.Demo.Load;

/// <summary>
/// Messages of 255 bytes whose body holds their number, the time they were sent, a check of both, and text that follows from the number, so that a
/// receiver sees whether anything of it was changed on the way. The text has escapes and letters beyond ASCII.
/// </summary>
internal sealed class NumberedMessage
{
    /// <summary>Bytes of a message.</summary>
    public const int Length = 255;

    private const int Digits = 16;
    private const int HeadLength = (Digits + 1) * 3;
    private const int Turn = 26;
    private const ulong Salt = 0x9E37_79B9_7F4A_7C15;

    private readonly byte[] template;
    private readonly int bodyAt;
    private readonly int fillAt;
    private readonly int fillLength;

    /// <summary>Messages between two addresses.</summary>
    /// <exception cref="ArgumentException">The addresses leave no room.</exception>
    public NumberedMessage(string from, string to)
    {
        var start = Encoding.UTF8.GetBytes($"<message from='{from}' to='{to}' type='chat'><body>");
        bodyAt = start.Length;
        fillAt = bodyAt + HeadLength + Greeting.Length;
        fillLength = Length - fillAt - End.Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(fillLength, 1, nameof(from));
        template = new byte[Length];
        start.CopyTo(template, 0);
        template.AsSpan(bodyAt, HeadLength).Fill((byte)' ');
        Greeting.CopyTo(template.AsSpan(bodyAt + HeadLength));
        End.CopyTo(template.AsSpan(Length - End.Length));
    }

    private static ReadOnlySpan<byte> Start => "<body>"u8;

    private static ReadOnlySpan<byte> End => "</body></message>"u8;

    private static ReadOnlySpan<byte> Greeting => "Gr\u00fc\u00dfe &amp; &lt;3 \u2014 "u8;

    private static ReadOnlySpan<byte> Alphabet =>
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"u8;

    /// <summary>Writes one message.</summary>
    public void Write(IBufferWriter<byte> output, long number, long sentAt)
    {
        var target = output.GetSpan(Length)[..Length];
        template.CopyTo(target);
        Hexadecimal(target[bodyAt..], (ulong)number);
        Hexadecimal(target[(bodyAt + Digits + 1)..], (ulong)sentAt);
        Hexadecimal(target[(bodyAt + ((Digits + 1) * 2))..], Check(number, sentAt));
        Alphabet.Slice((int)(number % Turn), fillLength).CopyTo(target[fillAt..]);
        output.Advance(Length);
    }

    /// <summary>Reads a message as it arrived, with whatever start tag; false when it is not what was sent.</summary>
    public static bool TryRead(ReadOnlySpan<byte> stanza, out long number, out long sentAt)
    {
        number = sentAt = 0;
        var start = stanza.IndexOf(Start);
        if (start < 0 || !stanza.EndsWith(End))
        {
            return false;
        }

        var body = stanza[(start + Start.Length)..^End.Length];
        if (body.Length <= HeadLength + Greeting.Length
            || !TryHexadecimal(body, 0, out var sentNumber)
            || !TryHexadecimal(body, Digits + 1, out var time)
            || !TryHexadecimal(body, (Digits + 1) * 2, out var check))
        {
            return false;
        }

        (number, sentAt) = ((long)sentNumber, (long)time);
        var text = body[HeadLength..];
        var fill = text[Greeting.Length..];
        return check == Check(number, sentAt)
            && text.StartsWith(Greeting)
            && number >= 0
            && fill.Length <= Alphabet.Length - Turn
            && fill.SequenceEqual(Alphabet.Slice((int)(number % Turn), fill.Length));
    }

    private static ulong Check(long number, long sentAt) => unchecked(((ulong)number * Salt) ^ ((ulong)sentAt * ~Salt));

    private static void Hexadecimal(Span<byte> target, ulong value) => value.TryFormat(target, out _, "x16", provider: null);

    private static bool TryHexadecimal(ReadOnlySpan<byte> body, int at, out ulong value)
        => Utf8Parser.TryParse(body.Slice(at, Digits), out value, out var read, 'x') && read == Digits && body[at + Digits] == (byte)' ';
}
