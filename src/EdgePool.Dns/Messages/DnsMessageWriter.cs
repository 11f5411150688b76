using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace EdgePool.Dns.Messages;

/// <summary>
/// Writes one message front to back. What does not fit sets <see cref="Overflowed"/> and is left out; nothing throws.
/// Owners and the names that RFC 1035 lets compress point to earlier names; SRV targets never do (RFC 2782).
/// </summary>
internal ref struct DnsMessageWriter(Span<byte> destination)
{
    // Enough for every answer of ours; further names are written in full.
    private const int MaxCompressionEntries = 128;
    private const int MaxPointerTarget = 0x3FFF;

    private readonly Span<byte> destination = destination;
    private readonly Dictionary<DnsName, int> suffixes = [];

    public int Length { get; private set; }

    public bool Overflowed { get; private set; }

    public void WriteUInt16(ushort value)
    {
        if (Reserve(sizeof(ushort), out var span))
        {
            BinaryPrimitives.WriteUInt16BigEndian(span, value);
        }
    }

    public void WriteUInt32(uint value)
    {
        if (Reserve(sizeof(uint), out var span))
        {
            BinaryPrimitives.WriteUInt32BigEndian(span, value);
        }
    }

    public void WriteQuestion(DnsQuestion question)
    {
        WriteName(question.Name, compress: true);
        WriteUInt16((ushort)question.Type);
        WriteUInt16((ushort)question.Class);
    }

    public void WriteRecords(ImmutableArray<DnsRecord> records)
    {
        foreach (var record in records)
        {
            if (Overflowed)
            {
                return;
            }

            WriteRecord(record);
        }
    }

    public void WriteEdns(DnsEdns edns)
    {
        WriteOctets([0]);
        WriteUInt16((ushort)DnsType.OPT);
        WriteUInt16(edns.UdpPayloadSize);
        WriteUInt32(((uint)edns.ExtendedResponseCode << 24) | ((uint)edns.Version << 16) | (edns.DnssecOk ? 0x8000u : 0));
        WriteUInt16(0);
    }

    private void WriteRecord(DnsRecord record)
    {
        WriteName(record.Name, compress: true);
        WriteUInt16((ushort)record.Type);
        WriteUInt16((ushort)(record is OpaqueRecord opaque ? opaque.Class : DnsClass.IN));
        WriteUInt32(record.Ttl);
        var lengthAt = Length;
        WriteUInt16(0);
        WriteData(record);
        if (!Overflowed)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination[lengthAt..], (ushort)(Length - lengthAt - sizeof(ushort)));
        }
    }

    private void WriteData(DnsRecord record)
    {
        switch (record)
        {
            case AddressRecord address:
                WriteOctets(address.Address.GetAddressBytes());
                break;
            case CnameRecord alias:
                WriteName(alias.Target, compress: true);
                break;
            case NsRecord server:
                WriteName(server.Server, compress: true);
                break;
            case SrvRecord service:
                WriteUInt16(service.Priority);
                WriteUInt16(service.Weight);
                WriteUInt16(service.Port);
                WriteName(service.Target, compress: false);
                break;
            case SoaRecord soa:
                WriteSoa(soa);
                break;
            case TxtRecord text:
                foreach (var part in text.Strings)
                {
                    WriteOctets([(byte)part.Length]);
                    WriteOctets(part.Span);
                }

                break;
            case TlsaRecord tlsa:
                WriteOctets([tlsa.Usage, tlsa.Selector, tlsa.MatchingType]);
                WriteOctets(tlsa.Data.Span);
                break;
            case CaaRecord caa:
                WriteOctets([caa.Flags, (byte)caa.Tag.Length]);
                WriteOctets(Encoding.ASCII.GetBytes(caa.Tag));
                WriteOctets(Encoding.ASCII.GetBytes(caa.Value));
                break;
            case OpaqueRecord opaque:
                WriteOctets(opaque.Data.Span);
                break;
        }
    }

    private void WriteSoa(SoaRecord soa)
    {
        WriteName(soa.PrimaryServer, compress: true);
        WriteName(soa.Mailbox, compress: true);
        WriteUInt32(soa.Serial);
        WriteUInt32(soa.Refresh);
        WriteUInt32(soa.Retry);
        WriteUInt32(soa.Expire);
        WriteUInt32(soa.Minimum);
    }

    private void WriteName(DnsName name, bool compress)
    {
        for (var suffix = name; !suffix.IsRoot; suffix = suffix.Parent!)
        {
            if (compress && suffixes.TryGetValue(suffix, out var offset))
            {
                WriteUInt16((ushort)(0xC000 | offset));
                return;
            }

            if (Length <= MaxPointerTarget && suffixes.Count < MaxCompressionEntries)
            {
                suffixes.TryAdd(suffix, Length);
            }

            WriteOctets(suffix.Wire[..(suffix.Wire[0] + 1)]);
        }

        WriteOctets([0]);
    }

    private void WriteOctets(scoped ReadOnlySpan<byte> octets)
    {
        if (Reserve(octets.Length, out var span))
        {
            octets.CopyTo(span);
        }
    }

    private bool Reserve(int count, out Span<byte> span)
    {
        if (Overflowed || destination.Length - Length < count)
        {
            Overflowed = true;
            span = default;
            return false;
        }

        span = destination.Slice(Length, count);
        Length += count;
        return true;
    }
}
