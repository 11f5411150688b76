using System.Buffers;

namespace EdgePool.Server.Demo.Load;

/// <summary>
/// The numbered messages of one sender to one receiver, both in this process: one thread writes, one thread receives, any thread reads the counters.
/// What was sent and has not arrived is under way, or in the end lost.
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

    public NumberedFlow(string from, string to, TimeProvider time)
    {
        this.time = time;
        message = new NumberedMessage(from, to);
    }

    /// <summary>One way, from written to received.</summary>
    public LatencyHistogram Latency { get; } = new();

    public long Sent => Volatile.Read(ref sent);

    /// <summary>Each number once.</summary>
    public long Received => Volatile.Read(ref received);

    /// <summary>Sent and not arrived.</summary>
    public long Missing => Math.Max(0, Sent - Received);

    public long Duplicated => Volatile.Read(ref duplicated);

    /// <summary>Arrived after one of a higher number.</summary>
    public long Misordered => Volatile.Read(ref misordered);

    /// <summary>Arrived with other content than was sent; such a message counts as missing too.</summary>
    public long Damaged => Volatile.Read(ref damaged);

    /// <summary>Writes the next message; it counts as sent.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        message.Write(output, sent, time.GetTimestamp());
        Volatile.Write(ref sent, sent + 1);
    }

    /// <summary>Takes a stanza that arrived.</summary>
    public void Receive(ReadOnlySpan<byte> stanza)
    {
        if (!NumberedMessage.TryRead(stanza, out var number, out var sentAt) || number >= Sent)
        {
            Volatile.Write(ref damaged, damaged + 1);
            return;
        }

        if (number < expected - Memory || (number < expected && HasArrived(number)))
        {
            Volatile.Write(ref duplicated, duplicated + 1);
            return;
        }

        if (number < expected)
        {
            Volatile.Write(ref misordered, misordered + 1);
        }

        for (; expected <= number; expected++)
        {
            arrived[Word(expected)] &= ~Bit(expected);
        }

        arrived[Word(number)] |= Bit(number);
        Latency.Record(time.GetElapsedTime(sentAt));
        Volatile.Write(ref received, received + 1);
    }

    private bool HasArrived(long number) => (arrived[Word(number)] & Bit(number)) != 0;

    private static int Word(long number) => (int)(number % Memory / 64);

    private static ulong Bit(long number) => 1UL << (int)(number % 64);
}
