using System.Diagnostics.CodeAnalysis;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Serving;

/// <summary>Turns a query's octets into a response's. Pure but for the authority; what is no query gets no response.</summary>
internal sealed class DnsResponder(IDnsAuthority authority)
{
    /// <summary>Octets of a datagram when the asker speaks no EDNS (RFC 1035 section 4.2.1).</summary>
    public const int PlainUdpLength = 512;

    /// <summary>Octets of the longest datagram that we send, whatever the asker takes: it passes everywhere without fragments.</summary>
    public const int MaxUdpLength = 1232;

    /// <summary>Writes the response.</summary>
    /// <param name="query">The datagram or message.</param>
    /// <param name="overUdp">Whether the response must fit a datagram, else 65,535 octets.</param>
    /// <param name="destination">At least 65,535 octets, or <see cref="MaxUdpLength"/> over UDP.</param>
    /// <param name="written">Octets of the response; 0 when there is none.</param>
    public bool TryRespond(ReadOnlySpan<byte> query, bool overUdp, Span<byte> destination, out int written)
    {
        written = 0;
        if (!TryAnswer(query, out var asked, out var response))
        {
            return false;
        }

        var limit = overUdp ? Math.Clamp((int)(asked?.Edns?.UdpPayloadSize ?? 0), PlainUdpLength, MaxUdpLength) : DnsMessage.MaxLength;
        if (response.TryWrite(destination[..Math.Min(limit, destination.Length)], out written))
        {
            return true;
        }

        var truncated = response with { Flags = response.Flags | DnsFlags.Truncated, Answers = [], Authorities = [], Additionals = [] };
        return truncated.TryWrite(destination, out written);
    }

    private bool TryAnswer(ReadOnlySpan<byte> octets, out DnsMessage? query, [NotNullWhen(true)] out DnsMessage? response)
    {
        response = null;
        query = null;
        var reader = new DnsMessageReader(octets);
        if (!reader.TryReadHeader(out var header) || ((DnsFlags)header.Bits).HasFlag(DnsFlags.Response))
        {
            // Answering responses would let two servers talk to each other for ever.
            return false;
        }

        if (!DnsMessage.TryParse(octets, out query, out _))
        {
            response = new DnsMessage { Id = header.Id, Flags = DnsFlags.Response, ResponseCode = DnsResponseCode.FormatError };
            return true;
        }

        response = new DnsMessage
        {
            Id = query.Id,
            Opcode = query.Opcode,
            Flags = DnsFlags.Response | (query.Flags & (DnsFlags.RecursionDesired | DnsFlags.CheckingDisabled)),
            Questions = query.Questions,
            Edns = query.Edns is null ? null : new DnsEdns(MaxUdpLength),
        };
        response = Complete(query, response);
        return true;
    }

    private DnsMessage Complete(DnsMessage query, DnsMessage response)
    {
        if (query.Edns is { Version: not 0 })
        {
            return response with { ResponseCode = DnsResponseCode.BadVersion };
        }

        if (query.Opcode != 0)
        {
            return response with { ResponseCode = DnsResponseCode.NotImplemented };
        }

        if (query.Questions is not [var question])
        {
            return response with { ResponseCode = DnsResponseCode.FormatError, Questions = [] };
        }

        return question.Class != DnsClass.IN || question.Type is DnsType.AXFR or DnsType.IXFR or DnsType.ANY
            ? response with { ResponseCode = DnsResponseCode.Refused }
            : Complete(query, authority.Lookup(question.Name, question.Type), response);
    }

    private static DnsMessage Complete(DnsMessage query, AuthorityAnswer answer, DnsMessage response)
    {
        var told = query.Flags.HasFlag(DnsFlags.AuthenticData) || query.Edns is { DnssecOk: true };
        return Complete(answer, answer.Authenticated && told ? response with { Flags = response.Flags | DnsFlags.AuthenticData } : response);
    }

    private static DnsMessage Complete(AuthorityAnswer answer, DnsMessage response) => answer.Outcome switch
    {
        AuthorityOutcome.NotOurs => response with { ResponseCode = DnsResponseCode.Refused },
        AuthorityOutcome.Failed => response with { ResponseCode = DnsResponseCode.ServerFailure },
        AuthorityOutcome.Records => response with { Flags = response.Flags | DnsFlags.AuthoritativeAnswer, Answers = answer.Answers },
        _ => response with
        {
            Flags = response.Flags | DnsFlags.AuthoritativeAnswer,
            ResponseCode = answer.Outcome == AuthorityOutcome.NameError ? DnsResponseCode.NameError : DnsResponseCode.NoError,
            Answers = answer.Answers,
            Authorities = answer.Soa is null ? [] : [answer.Soa],
        },
    };
}
