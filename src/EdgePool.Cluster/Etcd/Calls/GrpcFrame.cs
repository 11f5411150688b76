using System.Buffers.Binary;
using Google.Protobuf;

namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>A message on the wire: a byte that says whether it is compressed, four of its length, most significant first, and the message.</summary>
internal static class GrpcFrame
{
    private const int HeaderBytes = 5;

    public static byte[] Of(IMessage message)
    {
        var size = message.CalculateSize();
        var frame = new byte[HeaderBytes + size];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), size);
        message.WriteTo(frame.AsSpan(HeaderBytes));
        return frame;
    }

    /// <summary>The next message; null: there are no more.</summary>
    /// <param name="body">What comes.</param>
    /// <param name="parser">Of the message.</param>
    /// <param name="limit">Bytes of a message; a longer one is a violation, found before memory is taken for it.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="InvalidDataException">It is no such message.</exception>
    /// <exception cref="EndOfStreamException">It ends inside a message.</exception>
    public static async Task<T?> ReadAsync<T>(Stream body, MessageParser<T> parser, int limit, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        var header = new byte[HeaderBytes];
        var read = await body.ReadAtLeastAsync(header, HeaderBytes, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
        {
            return null;
        }

        if (read < HeaderBytes)
        {
            throw new EndOfStreamException("the answer ends inside a message");
        }

        var size = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1));
        if (header[0] != 0 || size > (uint)limit)
        {
            throw new InvalidDataException(header[0] != 0 ? "a compressed message, which nobody asked for" : $"a message of {size} bytes, of which {limit} are allowed");
        }

        var message = new byte[size];
        await body.ReadExactlyAsync(message, cancellationToken);
        try
        {
            return parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new InvalidDataException("a message that is none of etcd's", fault);
        }
    }
}
