using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;

namespace EdgePool.Dns.Updating;

/// <summary>How an update ended.</summary>
public enum UpdateEnd
{
    /// <summary>All of it was made.</summary>
    Made,

    /// <summary>The server refused it: the response code says why, and its signature is good.</summary>
    Refused,

    /// <summary>The server refused it, or claims to have made it, without a good signature.</summary>
    NotProven,

    /// <summary>The update is longer than a message may be.</summary>
    TooLarge,

    /// <summary>No answer came in time: the update may have been made.</summary>
    TimedOut,

    /// <summary>The server could not be reached, or broke off: the update may have been made.</summary>
    Unreachable,

    /// <summary>What came was no answer to it.</summary>
    Malformed,
}

/// <summary>How an update ended.</summary>
/// <param name="End">The end.</param>
/// <param name="Code">The server's code, where there is one.</param>
/// <param name="Signature">What its signature is worth, where an answer came.</param>
public sealed record UpdateOutcome(UpdateEnd End, DnsResponseCode Code = DnsResponseCode.NoError, TsigVerdict Signature = TsigVerdict.Unsigned);

/// <summary>Sends updates to a zone's primary server (RFC 2136), signed (RFC 8945), over TCP. An answer that is not signed by the same key counts as none.</summary>
/// <param name="key">The key.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Ids; null for the operating system's generator.</param>
public sealed class UpdateClient(TsigKey key, TimeProvider time, IRandomSource? random = null)
{
    /// <summary>How long a server may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const byte UpdateOpcode = 5;

    private readonly IRandomSource random = random ?? CryptographicRandomSource.Instance;

    /// <summary>Sends one.</summary>
    /// <param name="server">The primary server.</param>
    /// <param name="update">The update.</param>
    /// <param name="cancellationToken">Gives up: the update may have been made.</param>
    public async Task<UpdateOutcome> SendAsync(IPEndPoint server, ZoneUpdate update, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(update);
        var id = (ushort)random.Next(ushort.MaxValue + 1L);
        var buffer = new byte[DnsMessage.MaxLength];
        if (!update.ToMessage(id).TryWrite(buffer, out var length))
        {
            return new UpdateOutcome(UpdateEnd.TooLarge);
        }

        var signed = Tsig.Sign(buffer.AsSpan(0, length), key, time.GetUtcNow(), out var mac);
        if (signed.Length > DnsMessage.MaxLength)
        {
            return new UpdateOutcome(UpdateEnd.TooLarge);
        }

        using var timer = new CancellationTokenSource(Patience, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var (end, octets) = await TcpExchange.CarryAsync(server, signed, deadline.Token);
        cancellationToken.ThrowIfCancellationRequested();
        return end switch
        {
            ExchangeEnd.Answered => Judge(id, octets, mac),
            ExchangeEnd.TimedOut => new UpdateOutcome(UpdateEnd.TimedOut),
            ExchangeEnd.Unreachable => new UpdateOutcome(UpdateEnd.Unreachable),
            _ => new UpdateOutcome(UpdateEnd.Malformed),
        };
    }

    private UpdateOutcome Judge(ushort id, byte[] octets, byte[] mac)
    {
        if (!DnsMessage.TryParse(octets, out var answer, out _) || answer.Id != id || !answer.IsResponse || answer.Opcode != UpdateOpcode)
        {
            return new UpdateOutcome(UpdateEnd.Malformed);
        }

        var verdict = Tsig.Verify(octets, key, mac, time.GetUtcNow());
        var end = verdict is not TsigVerdict.Good ? UpdateEnd.NotProven : answer.ResponseCode is DnsResponseCode.NoError ? UpdateEnd.Made : UpdateEnd.Refused;
        return new UpdateOutcome(end, answer.ResponseCode, verdict);
    }
}
