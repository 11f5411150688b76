using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgePool.Dns.Messages;

/// <summary>The fixed part of a message (RFC 1035 section 4.1.1).</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DnsHeader(ushort Id, ushort Bits, ushort Questions, ushort Answers, ushort Authorities, ushort Additionals);

/// <summary>
/// Reads one message front to back. Every Try method returns false at the first fault and keeps it in <see cref="Error"/>;
/// after that the reader is of no more use. Work is bounded by the message's length and the two pointer limits of <see cref="DnsMessage"/>.
/// </summary>
internal ref struct DnsMessageReader(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> message = message;
    private int position;
    private int pointerSteps;

    /// <summary>The first fault.</summary>
    public DnsParseError Error { get; private set; }

    /// <summary>The OPT record when one was read.</summary>
    public DnsEdns? Edns { get; private set; }

    /// <summary>The octets read so far.</summary>
    public readonly int Position => position;

    public bool TryReadHeader(out DnsHeader header)
    {
        header = default;
        if (!TryTake(DnsMessage.HeaderLength, out var octets))
        {
            return false;
        }

        header = new DnsHeader(UInt16(octets), UInt16(octets[2..]), UInt16(octets[4..]), UInt16(octets[6..]), UInt16(octets[8..]), UInt16(octets[10..]));
        return true;
    }

    /// <summary>QNAME, QTYPE, QCLASS.</summary>
    public bool TryReadQuestion(out DnsQuestion question)
    {
        question = default;
        if (!TryReadName(out var name) || !TryTake(4, out var fixedPart))
        {
            return false;
        }

        question = new DnsQuestion(name, (DnsType)UInt16(fixedPart), (DnsClass)UInt16(fixedPart[2..]));
        return true;
    }

    /// <summary>NAME, TYPE, CLASS, TTL, RDLENGTH, RDATA. <paramref name="record"/> is null when the record was OPT.</summary>
    public bool TryReadRecord(bool allowOpt, out DnsRecord? record)
    {
        record = null;
        if (!TryReadName(out var name) || !TryTake(10, out var fixedPart))
        {
            return false;
        }

        var type = (DnsType)UInt16(fixedPart);
        var dnsClass = UInt16(fixedPart[2..]);
        var ttl = BinaryPrimitives.ReadUInt32BigEndian(fixedPart[4..]);
        var dataEnd = position + UInt16(fixedPart[8..]);
        if (dataEnd > message.Length)
        {
            return Fail(DnsParseError.Incomplete);
        }

        if (type == DnsType.OPT)
        {
            return TryAcceptOpt(allowOpt, name, dnsClass, ttl, dataEnd);
        }

        if (!TryReadData(new RecordHead(name, type, (DnsClass)dnsClass, ttl), dataEnd, out record))
        {
            // A name in the data that runs into the next record is the same fault as data of the wrong length.
            return Fail(DnsParseError.RecordDataLength);
        }

        return position == dataEnd || Fail(DnsParseError.RecordDataLength);
    }

    /// <summary>Nothing follows.</summary>
    public bool TryEnd() => position == message.Length || Fail(DnsParseError.TrailingOctets);

    /// <summary>
    /// A name: labels (00LLLLLL), an end (00000000), or a pointer (11PPPPPP PPPPPPPP) to an earlier place of the body, where the name goes on.
    /// </summary>
    public bool TryReadName([NotNullWhen(true)] out DnsName? name)
    {
        name = null;
        Span<byte> wire = stackalloc byte[DnsName.MaxLength];
        var length = 0;
        var hops = 0;
        var segmentStart = position;
        var cursor = position;
        var after = -1;
        while (true)
        {
            if (cursor >= message.Length)
            {
                return Fail(DnsParseError.Incomplete);
            }

            var octet = message[cursor];
            if ((octet & 0xC0) == 0xC0)
            {
                if (!TryFollow(cursor, segmentStart, ref hops, out var target))
                {
                    return false;
                }

                after = after < 0 ? cursor + 2 : after;
                segmentStart = cursor = target;
                continue;
            }

            if (!TryAppendLabel(cursor, wire, ref length))
            {
                return false;
            }

            cursor += octet + 1;
            if (octet == 0)
            {
                position = after < 0 ? cursor : after;
                name = new DnsName(wire[..length]);
                return true;
            }
        }
    }

    private bool TryFollow(int cursor, int segmentStart, ref int hops, out int target)
    {
        target = 0;
        if (cursor + 1 >= message.Length)
        {
            return Fail(DnsParseError.Incomplete);
        }

        target = UInt16(message[cursor..]) & 0x3FFF;
        if (target >= segmentStart || target < DnsMessage.HeaderLength)
        {
            return Fail(DnsParseError.PointerNotBackward);
        }

        if (++hops > DnsMessage.MaxPointersPerName)
        {
            return Fail(DnsParseError.TooManyPointersInName);
        }

        return ++pointerSteps <= DnsMessage.MaxPointerSteps || Fail(DnsParseError.TooManyPointersInMessage);
    }

    private bool TryAppendLabel(int cursor, scoped Span<byte> wire, ref int length)
    {
        var size = message[cursor] + 1;
        if (size > DnsName.MaxLabelLength + 1)
        {
            return Fail(DnsParseError.ReservedLabelType);
        }

        if (cursor + size > message.Length)
        {
            return Fail(DnsParseError.Incomplete);
        }

        if (length + size > DnsName.MaxLength)
        {
            return Fail(DnsParseError.NameTooLong);
        }

        message.Slice(cursor, size).CopyTo(wire[length..]);
        length += size;
        return true;
    }

    // NAME = root, CLASS = payload size, TTL = extended code, version, DO and zeros.
    private bool TryAcceptOpt(bool allowOpt, DnsName name, ushort payloadSize, uint ttl, int dataEnd)
    {
        if (!allowOpt || Edns is not null || !name.IsRoot)
        {
            return Fail(DnsParseError.MisplacedOpt);
        }

        Edns = new DnsEdns(payloadSize, (byte)(ttl >> 24), (byte)(ttl >> 16), (ttl & 0x8000) != 0);
        position = dataEnd;
        return true;
    }

    private bool TryReadData(in RecordHead head, int dataEnd, out DnsRecord? record)
    {
        if (head.Class != DnsClass.IN)
        {
            record = Opaque(head, dataEnd);
            return true;
        }

        switch (head.Type)
        {
            case DnsType.A or DnsType.AAAA:
                return TryReadAddress(head, dataEnd, out record);
            case DnsType.CNAME:
                record = TryReadName(out var alias) ? new CnameRecord(head.Name, head.Ttl, alias) : null;
                return record is not null;
            case DnsType.NS:
                record = TryReadName(out var server) ? new NsRecord(head.Name, head.Ttl, server) : null;
                return record is not null;
            case DnsType.SRV:
                return TryReadSrv(head, dataEnd, out record);
            case DnsType.SOA:
                return TryReadSoa(head, out record);
            case DnsType.TXT:
                return TryReadTxt(head, dataEnd, out record);
            case DnsType.TLSA:
                return TryReadTlsa(head, dataEnd, out record);
            case DnsType.CAA:
                return TryReadCaa(head, dataEnd, out record);
            default:
                record = Opaque(head, dataEnd);
                return true;
        }
    }

    private OpaqueRecord Opaque(in RecordHead head, int dataEnd)
    {
        var data = message[position..dataEnd].ToArray();
        position = dataEnd;
        return new OpaqueRecord(head.Name, head.Type, head.Class, head.Ttl, data);
    }

    private bool TryReadAddress(in RecordHead head, int dataEnd, out DnsRecord? record)
    {
        record = null;
        var size = head.Type == DnsType.A ? 4 : 16;
        if (dataEnd - position != size || !TryTake(size, out var octets))
        {
            return Fail(DnsParseError.RecordDataLength);
        }

        record = new AddressRecord(head.Name, head.Ttl, new IPAddress(octets));
        return true;
    }

    // Priority, weight, port, target. RFC 3597 section 4: a receiver must take a compressed target.
    private bool TryReadSrv(in RecordHead head, int dataEnd, out DnsRecord? record)
    {
        record = null;
        if (dataEnd - position < 7 || !TryTake(6, out var numbers) || !TryReadName(out var target))
        {
            return Fail(DnsParseError.RecordDataLength);
        }

        record = new SrvRecord(head.Name, head.Ttl, UInt16(numbers), UInt16(numbers[2..]), UInt16(numbers[4..]), target);
        return true;
    }

    private bool TryReadSoa(in RecordHead head, out DnsRecord? record)
    {
        record = null;
        if (!TryReadName(out var primary) || !TryReadName(out var mailbox) || !TryTake(20, out var numbers))
        {
            return false;
        }

        record = new SoaRecord(
            head.Name,
            head.Ttl,
            primary,
            mailbox,
            BinaryPrimitives.ReadUInt32BigEndian(numbers),
            BinaryPrimitives.ReadUInt32BigEndian(numbers[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(numbers[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(numbers[12..]),
            BinaryPrimitives.ReadUInt32BigEndian(numbers[16..]));
        return true;
    }

    // One or more strings, each a length octet and that many octets.
    private bool TryReadTxt(in RecordHead head, int dataEnd, out DnsRecord? record)
    {
        record = null;
        var strings = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        while (position < dataEnd)
        {
            var size = message[position];
            if (position + 1 + size > dataEnd)
            {
                return Fail(DnsParseError.RecordDataLength);
            }

            strings.Add(message.Slice(position + 1, size).ToArray());
            position += 1 + size;
        }

        record = new TxtRecord(head.Name, head.Ttl, strings.DrainToImmutable());
        return ((TxtRecord)record).Strings.Length != 0 || Fail(DnsParseError.RecordDataLength);
    }

    // Usage, selector, matching type, data: whatever is left, also nothing.
    private bool TryReadTlsa(in RecordHead head, int dataEnd, out DnsRecord? record)
    {
        record = null;
        if (dataEnd - position < 3)
        {
            return Fail(DnsParseError.RecordDataLength);
        }

        var octets = message[position..dataEnd];
        position = dataEnd;
        record = new TlsaRecord(head.Name, head.Ttl, octets[0], octets[1], octets[2], octets[3..].ToArray());
        return true;
    }

    // Flags, length of the tag, tag, value. What is no ASCII stays as it is: nobody has to understand it.
    private bool TryReadCaa(in RecordHead head, int dataEnd, out DnsRecord? record)
    {
        record = null;
        if (dataEnd - position < 2 || message[position + 1] is 0 || message[position + 1] > dataEnd - position - 2)
        {
            return Fail(DnsParseError.RecordDataLength);
        }

        var octets = message[position..dataEnd];
        if (!Ascii.IsValid(octets[2..]))
        {
            record = Opaque(head, dataEnd);
            return true;
        }

        position = dataEnd;
        var tag = octets.Slice(2, octets[1]);
        record = new CaaRecord(head.Name, head.Ttl, octets[0], Encoding.ASCII.GetString(tag), Encoding.ASCII.GetString(octets[(2 + tag.Length)..]));
        return true;
    }

    private bool TryTake(int count, out ReadOnlySpan<byte> octets)
    {
        if (message.Length - position < count)
        {
            octets = default;
            return Fail(DnsParseError.Incomplete);
        }

        octets = message.Slice(position, count);
        position += count;
        return true;
    }

    private bool Fail(DnsParseError error)
    {
        Error = Error == DnsParseError.None ? error : Error;
        return false;
    }

    private static ushort UInt16(ReadOnlySpan<byte> octets) => BinaryPrimitives.ReadUInt16BigEndian(octets);

    private readonly record struct RecordHead(DnsName Name, DnsType Type, DnsClass Class, uint Ttl);
}
