using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Updating;

/// <summary>What the signature of an answer is worth.</summary>
public enum TsigVerdict
{
    /// <summary>The holder of the key wrote it, in answer to our message, now.</summary>
    Good,

    /// <summary>There is none.</summary>
    Unsigned,

    /// <summary>It is not by our key, or the message was altered.</summary>
    Wrong,

    /// <summary>The server does not know the key (BADKEY).</summary>
    UnknownKey,

    /// <summary>The server took our signature for wrong (BADSIG): the secret is another there.</summary>
    OtherSecret,

    /// <summary>The clocks are too far apart (BADTIME, or seen here).</summary>
    ClockDiffers,
}

/// <summary>
/// Signs messages and verifies answers (RFC 8945), HMAC-SHA-256 alone and never cut short. The signature is a record behind all others:
/// NAME of the key, TYPE TSIG, CLASS ANY, TTL 0; algorithm, time (48 bits), fudge, MAC with its length, original id, error, other data with its length.
/// </summary>
internal static class Tsig
{
    /// <summary>Octets of a MAC.</summary>
    public const int MacLength = 32;

    private const ushort Fudge = 300; // seconds, as RFC 8945 section 10 advises
    private const int AdditionalCountAt = 10;
    private const int BadSignature = 16;
    private const int BadKey = 17;
    private const int BadTime = 18;

    private static readonly DnsName Algorithm = DnsName.Parse("hmac-sha256");

    /// <summary>The message with its signature.</summary>
    /// <param name="message">The message, without one.</param>
    /// <param name="key">The key.</param>
    /// <param name="now">The time.</param>
    /// <param name="mac">The signature itself, which the answer's covers as well.</param>
    public static byte[] Sign(ReadOnlySpan<byte> message, TsigKey key, DateTimeOffset now, out byte[] mac)
    {
        var seconds = now.ToUnixTimeSeconds();
        mac = Mac(key, [], message, seconds, Fudge, error: 0, []);
        var name = Lower(key.Name);
        var algorithm = Lower(Algorithm);
        var data = new byte[algorithm.Length + 6 + 2 + 2 + MacLength + 2 + 2 + 2];
        algorithm.CopyTo(data, 0);
        var at = algorithm.Length;
        WriteTime(data.AsSpan(at), seconds);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(at + 6), Fudge);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(at + 8), MacLength);
        mac.CopyTo(data, at + 10);
        message[..2].CopyTo(data.AsSpan(at + 10 + MacLength)); // the original id; error and other data stay zero

        var signed = new byte[message.Length + name.Length + 10 + data.Length];
        message.CopyTo(signed);
        BinaryPrimitives.WriteUInt16BigEndian(signed.AsSpan(AdditionalCountAt), (ushort)(BinaryPrimitives.ReadUInt16BigEndian(message[AdditionalCountAt..]) + 1));
        name.CopyTo(signed, message.Length);
        var head = signed.AsSpan(message.Length + name.Length);
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)DnsType.TSIG);
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)DnsClass.Any);
        BinaryPrimitives.WriteUInt16BigEndian(head[8..], (ushort)data.Length);
        data.CopyTo(head[10..]);
        return signed;
    }

    /// <summary>Judges the signature of an answer.</summary>
    /// <param name="message">The answer.</param>
    /// <param name="key">The key.</param>
    /// <param name="requestMac">The signature of what is answered.</param>
    /// <param name="now">The time.</param>
    public static TsigVerdict Verify(ReadOnlySpan<byte> message, TsigKey key, ReadOnlySpan<byte> requestMac, DateTimeOffset now)
    {
        if (!TryFind(message, out var start, out var record))
        {
            return TsigVerdict.Unsigned;
        }

        if (!TryRead(record!, out var signature) || !record!.Name.Equals(key.Name))
        {
            return TsigVerdict.Wrong;
        }

        if (signature.Mac.Length == 0)
        {
            return signature.Error switch { BadKey => TsigVerdict.UnknownKey, BadSignature => TsigVerdict.OtherSecret, _ => TsigVerdict.Wrong };
        }

        var unsigned = message[..start].ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(unsigned, signature.OriginalId);
        BinaryPrimitives.WriteUInt16BigEndian(unsigned.AsSpan(AdditionalCountAt), (ushort)(BinaryPrimitives.ReadUInt16BigEndian(message[AdditionalCountAt..]) - 1));
        var expected = Mac(key, requestMac, unsigned, signature.Time, signature.Fudge, signature.Error, signature.Other);
        if (!CryptographicOperations.FixedTimeEquals(expected, signature.Mac))
        {
            return TsigVerdict.Wrong;
        }

        var apart = Math.Abs(now.ToUnixTimeSeconds() - signature.Time);
        return signature.Error == BadTime || apart > signature.Fudge ? TsigVerdict.ClockDiffers
            : signature.Error == 0 ? TsigVerdict.Good
            : TsigVerdict.Wrong;
    }

    /// <summary>The signature, which must be the last record.</summary>
    private static bool TryFind(ReadOnlySpan<byte> message, out int start, out OpaqueRecord? record)
    {
        (start, record) = (0, null);
        var reader = new DnsMessageReader(message);
        if (!reader.TryReadHeader(out var header) || header.Additionals == 0)
        {
            return false;
        }

        for (var i = 0; i < header.Questions; i++)
        {
            if (!reader.TryReadQuestion(out _))
            {
                return false;
            }
        }

        for (var left = header.Answers + header.Authorities + header.Additionals; left > 1; left--)
        {
            if (!reader.TryReadRecord(allowOpt: left <= header.Additionals, out _))
            {
                return false;
            }
        }

        start = reader.Position;
        if (!reader.TryReadRecord(allowOpt: true, out var last) || !reader.TryEnd())
        {
            return false;
        }

        record = last as OpaqueRecord;
        return record is { Type: DnsType.TSIG, Class: DnsClass.Any };
    }

    private static bool TryRead(OpaqueRecord record, out Signature signature)
    {
        signature = default;
        var data = record.Data.Span;
        var reader = new DnsMessageReader(data);
        if (!reader.TryReadName(out var algorithm) || !algorithm.Equals(Algorithm) || data.Length < reader.Position + 10)
        {
            return false;
        }

        var rest = data[reader.Position..];
        var time = ((long)BinaryPrimitives.ReadUInt16BigEndian(rest) << 32) | BinaryPrimitives.ReadUInt32BigEndian(rest[2..]);
        var fudge = BinaryPrimitives.ReadUInt16BigEndian(rest[6..]);
        int length = BinaryPrimitives.ReadUInt16BigEndian(rest[8..]);
        if (length is not (0 or MacLength) || rest.Length < 10 + length + 6)
        {
            return false;
        }

        var tail = rest[(10 + length)..];
        int other = BinaryPrimitives.ReadUInt16BigEndian(tail[4..]);
        if (tail.Length != 6 + other)
        {
            return false;
        }

        signature = new Signature(
            time,
            fudge,
            rest.Slice(10, length).ToArray(),
            BinaryPrimitives.ReadUInt16BigEndian(tail),
            BinaryPrimitives.ReadUInt16BigEndian(tail[2..]),
            tail[6..].ToArray());
        return true;
    }

    /// <summary>Over the request's MAC with its length (in answers), the message, and what the signature's record says of itself.</summary>
    private static byte[] Mac(TsigKey key, ReadOnlySpan<byte> requestMac, ReadOnlySpan<byte> message, long seconds, ushort fudge, ushort error, ReadOnlySpan<byte> other)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key.Secret);
        Span<byte> numbers = stackalloc byte[12];
        if (requestMac.Length > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(numbers, (ushort)requestMac.Length);
            hash.AppendData(numbers[..2]);
            hash.AppendData(requestMac);
        }

        hash.AppendData(message);
        hash.AppendData(Lower(key.Name));
        numbers.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(numbers, (ushort)DnsClass.Any);
        hash.AppendData(numbers[..6]); // class and TTL
        hash.AppendData(Lower(Algorithm));
        WriteTime(numbers, seconds);
        BinaryPrimitives.WriteUInt16BigEndian(numbers[6..], fudge);
        BinaryPrimitives.WriteUInt16BigEndian(numbers[8..], error);
        BinaryPrimitives.WriteUInt16BigEndian(numbers[10..], (ushort)other.Length);
        hash.AppendData(numbers);
        hash.AppendData(other);
        return hash.GetHashAndReset();
    }

    private static void WriteTime(Span<byte> to, long seconds)
    {
        BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)(seconds >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(to[2..], (uint)seconds);
    }

    /// <summary>The canonical wire form (RFC 4034 section 6.2).</summary>
    private static byte[] Lower(DnsName name) => name.ToLowerCase().Wire.ToArray();

    private readonly record struct Signature(long Time, ushort Fudge, byte[] Mac, ushort OriginalId, ushort Error, byte[] Other);
}
