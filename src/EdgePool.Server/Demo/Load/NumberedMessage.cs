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
    private readonly int idAt;
    private readonly int bodyAt;
    private readonly int fillAt;
    private readonly int fillLength;

    /// <summary>Messages between two addresses.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="named">The number is the stanza's <c>id</c> too: an error that answers it says which it was.</param>
    /// <exception cref="ArgumentException">The addresses leave no room.</exception>
    public NumberedMessage(string from, string to, bool named = false)
    {
        const string Before = "<message id='";
        idAt = named ? Before.Length : 0;
        var start = Encoding.UTF8.GetBytes($"{(named ? Before + new string('0', Digits) + "'" : "<message")} from='{from}' to='{to}' type='chat'><body>");
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
        if (idAt > 0)
        {
            Hexadecimal(target[idAt..], (ulong)number);
        }

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

    /// <summary>Reads the number out of the <c>id</c> of an error that answers a message; -1: it is none of ours.</summary>
    public static long ReadId(ReadOnlySpan<byte> id)
        => id.Length == Digits && Utf8Parser.TryParse(id, out ulong number, out var read, 'x') && read == Digits ? (long)number : -1;

    private static ulong Check(long number, long sentAt) => unchecked(((ulong)number * Salt) ^ ((ulong)sentAt * ~Salt));

    private static void Hexadecimal(Span<byte> target, ulong value) => value.TryFormat(target, out _, "x16", provider: null);

    private static bool TryHexadecimal(ReadOnlySpan<byte> body, int at, out ulong value)
        => Utf8Parser.TryParse(body.Slice(at, Digits), out value, out var read, 'x') && read == Digits && body[at + Digits] == (byte)' ';
}
