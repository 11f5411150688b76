using System.Buffers;
using System.Buffers.Binary;

namespace EdgePool.Edge.Peers;

/// <summary>What nodes say to each other; numbers are those of the wire.</summary>
internal enum FrameKind : byte
{
    /// <summary>The first of each side: who it is.</summary>
    Hello = 1,

    /// <summary>I am there.</summary>
    Ping = 2,

    /// <summary>A question.</summary>
    Question = 3,

    /// <summary>Its answer.</summary>
    Answer = 4,

    /// <summary>There is no answer, and why.</summary>
    Refusal = 5,

    /// <summary>Under which number of its own the sender counts its stanzas: another one than before, and it begins anew.</summary>
    Begin = 6,

    /// <summary>A back end is in reach, or not; and how many stanzas have come on a channel, to it or to a partner.</summary>
    Channel = 7,

    /// <summary>All channels are told, and whether the count is known.</summary>
    Ready = 8,

    /// <summary>Stanzas on a channel.</summary>
    Stanzas = 9,

    /// <summary>How many of them are handled.</summary>
    Handled = 10,

    /// <summary>Nothing more comes on a channel to a partner.</summary>
    Over = 11,
}

/// <summary>What the bytes at hand are.</summary>
internal enum FrameRead
{
    /// <summary>More are needed.</summary>
    Incomplete,

    /// <summary>A frame begins with them, whole.</summary>
    Frame,

    /// <summary>It is longer than it may be.</summary>
    TooLong,

    /// <summary>No frame at all.</summary>
    Unknown,
}

/// <summary>
/// The wire of a link, <c>edgepool-peer/2</c>: <c>length u32 big-endian, of what follows | kind u8 | body</c>. What is not known ends the link: another version is another
/// ALPN.
/// </summary>
internal static class PeerFrame
{
    /// <summary>Length and kind.</summary>
    public const int HeaderBytes = 5;

    /// <summary>The longest frame before the other side's greeting is read: a greeting.</summary>
    public const int LongestGreeting = 1024;

    /// <summary>The longest afterwards: the largest stanza, with every character of it escaped, is shorter.</summary>
    public const int Longest = 1024 * 1024;

    /// <summary>Looks at what has come; the length is judged as soon as it is there.</summary>
    /// <param name="data">From the beginning of a frame.</param>
    /// <param name="longest">Of the whole frame, in bytes.</param>
    /// <param name="kind">With <see cref="FrameRead.Frame"/>: its kind; its body follows <see cref="HeaderBytes"/>.</param>
    /// <param name="total">Bytes of the whole frame; 0: not known yet.</param>
    public static FrameRead Read(ReadOnlySpan<byte> data, int longest, out FrameKind kind, out int total)
    {
        (kind, total) = (default, 0);
        if (data.Length < sizeof(uint))
            return FrameRead.Incomplete;
        var length = BinaryPrimitives.ReadUInt32BigEndian(data);
        if (length == 0)
            return FrameRead.Unknown;
        if (length > longest - sizeof(uint))
            return FrameRead.TooLong;
        total = sizeof(uint) + (int)length;
        if (data.Length < HeaderBytes)
            return FrameRead.Incomplete;
        kind = (FrameKind)data[sizeof(uint)];
        if (kind is < FrameKind.Hello or > FrameKind.Over)
            return FrameRead.Unknown;
        return data.Length < total ? FrameRead.Incomplete : FrameRead.Frame;
    }

    /// <summary>Writes a frame whose body is in two parts.</summary>
    public static void Write(ArrayBufferWriter<byte> output, FrameKind kind, ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest)
    {
        var header = output.GetSpan(HeaderBytes);
        BinaryPrimitives.WriteUInt32BigEndian(header, (uint)(1 + head.Length + rest.Length));
        header[sizeof(uint)] = (byte)kind;
        output.Advance(HeaderBytes);
        output.Write(head);
        output.Write(rest);
    }
}
