using System.Buffers;

namespace EdgePool.Server.Demo.Load;

/// <summary>
/// The numbered messages of one sender to one receiver, both in this process: one thread writes, one thread receives, any thread reads the counters.
/// What was sent and has neither arrived nor come back as an error is under way, or in the end lost.
/// </summary>
internal sealed class NumberedFlow
{
    /// <summary>A message that comes later than this many others can no longer be told from a double.</summary>
    public const int Memory = 65_536;

    private readonly TimeProvider time;
    private readonly NumberedMessage message;
    private readonly ulong[] arrived = new ulong[Memory / 64];
    private long sent;
    private long received;
    private long expected;
    private long duplicated;
    private long misordered;
    private long damaged;
    private long bounced;

    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="time">The clock of latencies.</param>
    /// <param name="named">Errors are told by number: see <see cref="Bounce"/>.</param>
    public NumberedFlow(string from, string to, TimeProvider time, bool named = false)
    {
        this.time = time;
        message = new NumberedMessage(from, to, named);
    }

    /// <summary>One way, from written to received.</summary>
    public LatencyHistogram Latency { get; } = new();

    public long Sent => Volatile.Read(ref sent);

    /// <summary>Each number once.</summary>
    public long Received => Volatile.Read(ref received);

    /// <summary>Answered by an error, and not arrived.</summary>
    public long Bounced => Volatile.Read(ref bounced);

    /// <summary>Sent, and neither arrived nor answered by an error.</summary>
    public long Missing => Math.Max(0, Sent - Received - Bounced);

    public long Duplicated => Volatile.Read(ref duplicated);

    /// <summary>Arrived after one of a higher number.</summary>
    public long Misordered => Volatile.Read(ref misordered);

    /// <summary>Arrived with other content than was sent; such a message counts as missing too.</summary>
    public long Damaged => Volatile.Read(ref damaged);

    /// <summary>Writes the next message; it counts as sent. Returns its number.</summary>
    public long Write(IBufferWriter<byte> output)
    {
        message.Write(output, sent, time.GetTimestamp());
        Volatile.Write(ref sent, sent + 1);
        return sent - 1;
    }

    /// <summary>Takes a stanza that arrived. Returns its number; -1 when it is damaged.</summary>
    public long Receive(ReadOnlySpan<byte> stanza)
    {
        if (!NumberedMessage.TryRead(stanza, out var number, out var sentAt) || number >= Sent)
        {
            Volatile.Write(ref damaged, damaged + 1);
            return -1;
        }

        if (IsSettled(number))
        {
            Volatile.Write(ref duplicated, duplicated + 1);
            return number;
        }

        if (number < expected)
        {
            Volatile.Write(ref misordered, misordered + 1);
        }

        Settle(number);
        Latency.Record(time.GetElapsedTime(sentAt));
        Volatile.Write(ref received, received + 1);
        return number;
    }

    /// <summary>An error has come that answers a message; what arrived all the same is not counted. Returns its number; -1: it answers none of these.</summary>
    public long Bounce(ReadOnlySpan<byte> id)
    {
        if (NumberedMessage.ReadId(id) is not (>= 0 and var number) || number >= Sent)
        {
            return -1;
        }

        if (!IsSettled(number))
        {
            Settle(number);
            Volatile.Write(ref bounced, bounced + 1);
        }

        return number;
    }

    private bool IsSettled(long number) => number < expected - Memory || (number < expected && HasArrived(number));

    private void Settle(long number)
    {
        for (; expected <= number; expected++)
        {
            arrived[Word(expected)] &= ~Bit(expected);
        }

        arrived[Word(number)] |= Bit(number);
    }

    private bool HasArrived(long number) => (arrived[Word(number)] & Bit(number)) != 0;

    private static int Word(long number) => (int)(number % Memory / 64);

    private static ulong Bit(long number) => 1UL << (int)(number % 64);
}
