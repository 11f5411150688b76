using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace EdgePool.Dns.Messages;

/// <summary>
/// One DNS message (RFC 1035 section 4.1). Parsing is strict and bounded: pointers go backward only, at most
/// <see cref="MaxPointersPerName"/> in a name and <see cref="MaxPointerSteps"/> in a message, the announced counts reserve no memory,
/// and nothing may follow the last record.
/// </summary>
public sealed record DnsMessage
{
    /// <summary>Octets of the header.</summary>
    public const int HeaderLength = 12;

    /// <summary>Octets of the largest message, over TCP.</summary>
    public const int MaxLength = ushort.MaxValue;

    /// <summary>Compression pointers followed in one name.</summary>
    public const int MaxPointersPerName = 32;

    /// <summary>Compression pointers followed in one message.</summary>
    public const int MaxPointerSteps = 4096;

    private const int OpcodeMask = 0x7800;
    private const int ResponseCodeMask = 0x000F;

    /// <summary>Pairs an answer with its question.</summary>
    public ushort Id { get; init; }

    /// <summary>The flag bits.</summary>
    public DnsFlags Flags { get; init; }

    /// <summary>0 = QUERY, 5 = UPDATE (RFC 2136).</summary>
    public byte Opcode { get; init; }

    /// <summary>The response code, with the upper bits of <see cref="Edns"/>.</summary>
    public DnsResponseCode ResponseCode { get; init; }

    /// <summary>The question section: one entry in every message that we send.</summary>
    public ImmutableArray<DnsQuestion> Questions { get; init; } = [];

    /// <summary>The answer section.</summary>
    public ImmutableArray<DnsRecord> Answers { get; init; } = [];

    /// <summary>The authority section.</summary>
    public ImmutableArray<DnsRecord> Authorities { get; init; } = [];

    /// <summary>The additional section without OPT.</summary>
    public ImmutableArray<DnsRecord> Additionals { get; init; } = [];

    /// <summary>The OPT record; null when the sender speaks no EDNS.</summary>
    public DnsEdns? Edns { get; init; }

    /// <summary>Whether QR is set.</summary>
    public bool IsResponse => Flags.HasFlag(DnsFlags.Response);

    /// <summary>Whether TC is set.</summary>
    public bool IsTruncated => Flags.HasFlag(DnsFlags.Truncated);

    /// <summary>Parses a whole message. False with the reason for anything that is not one.</summary>
    public static bool TryParse(ReadOnlySpan<byte> octets, [NotNullWhen(true)] out DnsMessage? message, out DnsParseError error)
    {
        message = null;
        var reader = new DnsMessageReader(octets);
        if (!reader.TryReadHeader(out var header)
            || !TryReadQuestions(ref reader, header.Questions, out var questions)
            || !TryReadSection(ref reader, header.Answers, allowOpt: false, out var answers)
            || !TryReadSection(ref reader, header.Authorities, allowOpt: false, out var authorities)
            || !TryReadSection(ref reader, header.Additionals, allowOpt: true, out var additionals)
            || !reader.TryEnd())
        {
            error = reader.Error;
            return false;
        }

        error = DnsParseError.None;
        message = new DnsMessage
        {
            Id = header.Id,
            Flags = (DnsFlags)(header.Bits & ~(OpcodeMask | ResponseCodeMask)),
            Opcode = (byte)((header.Bits & OpcodeMask) >> 11),
            ResponseCode = (DnsResponseCode)((header.Bits & ResponseCodeMask) | ((reader.Edns?.ExtendedResponseCode ?? 0) << 4)),
            Questions = questions,
            Answers = answers,
            Authorities = authorities,
            Additionals = additionals,
            Edns = reader.Edns,
        };
        return true;
    }

    /// <summary>
    /// Writes the message with compressed names (RFC 1035 section 4.1.4). False when it is longer than <paramref name="destination"/>:
    /// then the content of the destination means nothing.
    /// </summary>
    public bool TryWrite(Span<byte> destination, out int written)
    {
        var writer = new DnsMessageWriter(destination);
        var bits = (int)Flags | ((Opcode << 11) & OpcodeMask) | ((int)ResponseCode & ResponseCodeMask);
        writer.WriteUInt16(Id);
        writer.WriteUInt16((ushort)bits);
        writer.WriteUInt16((ushort)Questions.Length);
        writer.WriteUInt16((ushort)Answers.Length);
        writer.WriteUInt16((ushort)Authorities.Length);
        writer.WriteUInt16((ushort)(Additionals.Length + (Edns is null ? 0 : 1)));
        foreach (var question in Questions)
        {
            writer.WriteQuestion(question);
        }

        writer.WriteRecords(Answers);
        writer.WriteRecords(Authorities);
        writer.WriteRecords(Additionals);
        if (Edns is not null)
        {
            writer.WriteEdns(Edns with { ExtendedResponseCode = (byte)((int)ResponseCode >> 4) });
        }

        written = writer.Length;
        return !writer.Overflowed;
    }

    private static bool TryReadQuestions(ref DnsMessageReader reader, int count, out ImmutableArray<DnsQuestion> questions)
    {
        var builder = ImmutableArray.CreateBuilder<DnsQuestion>();
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadQuestion(out var question))
            {
                questions = [];
                return false;
            }

            builder.Add(question);
        }

        questions = builder.DrainToImmutable();
        return true;
    }

    private static bool TryReadSection(ref DnsMessageReader reader, int count, bool allowOpt, out ImmutableArray<DnsRecord> records)
    {
        var builder = ImmutableArray.CreateBuilder<DnsRecord>();
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadRecord(allowOpt, out var record))
            {
                records = [];
                return false;
            }

            if (record is not null)
            {
                builder.Add(record);
            }
        }

        records = builder.DrainToImmutable();
        return true;
    }
}
