using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Resolving;

/// <summary>How one question to one server over one transport ended.</summary>
internal enum ExchangeEnd
{
    /// <summary>A message that answers the question.</summary>
    Answered,

    /// <summary>Nothing came in time.</summary>
    TimedOut,

    /// <summary>The host or the network refused, or closed the connection.</summary>
    Unreachable,

    /// <summary>An answer to the question that is no DNS message.</summary>
    Malformed,

    /// <summary>The question must be asked over TCP: too many datagrams that do not answer it, or an answer in another case.</summary>
    Suspicious,
}

/// <summary>The end of one exchange, with the message and its length when there is one.</summary>
internal readonly record struct ExchangeResult(ExchangeEnd End, DnsMessage? Message = null, int Octets = 0)
{
    public static ExchangeResult Parse(ReadOnlySpan<byte> octets)
        => DnsMessage.TryParse(octets, out var message, out _)
            ? new ExchangeResult(ExchangeEnd.Answered, message, octets.Length)
            : new ExchangeResult(ExchangeEnd.Malformed);
}
