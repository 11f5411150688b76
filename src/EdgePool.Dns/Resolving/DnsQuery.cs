using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Resolving;

/// <summary>
/// One question as it goes to one server: a random id, and a random case of the letters of its name (0x20), which an honest server sends back
/// and a spoofer must guess (RFC 5452 section 9).
/// </summary>
internal sealed class DnsQuery
{
    /// <summary>Octets of the longest query: header, name, type, class and OPT.</summary>
    public const int MaxLength = DnsMessage.HeaderLength + DnsName.MaxLength + 4 + 11;

    private readonly DnsQuestion question;

    private DnsQuery(ushort id, DnsQuestion question, ReadOnlyMemory<byte> octets)
    {
        Id = id;
        this.question = question;
        Octets = octets;
    }

    public ushort Id { get; }

    /// <summary>The message to send.</summary>
    public ReadOnlyMemory<byte> Octets { get; }

    public static DnsQuery Create(DnsName name, DnsType type, StubResolverOptions options, bool withEdns, IRandomSource random)
    {
        var id = (ushort)random.Next(ushort.MaxValue + 1L);
        var asked = new DnsQuestion(MixCase(name, random), type);
        var message = new DnsMessage
        {
            Id = id,
            Flags = DnsFlags.RecursionDesired | (options.TrustAuthenticatedData ? DnsFlags.AuthenticData : DnsFlags.None),
            Questions = [asked],
            Edns = withEdns ? new DnsEdns(options.UdpPayloadSize) : null,
        };
        var buffer = new byte[MaxLength];
        return message.TryWrite(buffer, out var written)
            ? new DnsQuery(id, asked, buffer.AsMemory(0, written))
            : throw new InvalidOperationException("A query is longer than the longest query.");
    }

    /// <summary>Whether a message says that it answers this question. Looks at the header and the question only.</summary>
    /// <param name="octets">The message.</param>
    /// <param name="caseDiffers">True when everything fits but the case of the letters.</param>
    public bool IsAnsweredBy(ReadOnlySpan<byte> octets, out bool caseDiffers)
    {
        caseDiffers = false;
        var reader = new DnsMessageReader(octets);
        if (!reader.TryReadHeader(out var header)
            || header.Id != Id
            || !((DnsFlags)header.Bits).HasFlag(DnsFlags.Response)
            || header.Questions != 1
            || !reader.TryReadQuestion(out var echoed)
            || echoed != question)
        {
            return false;
        }

        caseDiffers = !echoed.Name.Wire.SequenceEqual(question.Name.Wire);
        return !caseDiffers;
    }

    private static DnsName MixCase(DnsName name, IRandomSource random)
    {
        Span<byte> wire = stackalloc byte[name.Wire.Length];
        name.Wire.CopyTo(wire);
        var bits = 0L;
        var left = 0;
        foreach (ref var octet in wire)
        {
            // Length octets are below 64, so they are never letters.
            if (!char.IsAsciiLetter((char)octet))
            {
                continue;
            }

            if (left == 0)
            {
                bits = random.Next(1L << 30);
                left = 30;
            }

            octet = (byte)((octet & ~0x20) | ((bits & 1) == 0 ? 0x20 : 0));
            bits >>= 1;
            left--;
        }

        return new DnsName(wire);
    }
}
