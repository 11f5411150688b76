using System.Text;
using EdgePool.Edge.Routing;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Edge.Tests.Routing;

/// <summary>Queues of any limits, and a stanza to put in them.</summary>
public abstract class StanzaQueueFixture
{
    private readonly StanzaReading reading = new();

    private protected VirtualTimeProvider Time { get; } = new();

    /// <summary>How often a queue has asked for a stream.</summary>
    private protected int Demands { get; private set; }

    private protected static Action Writer { get; } = static () => { };

    private protected StanzaQueue Queue(int pendingStanzas = 1_000, int pendingBytes = 1 << 20, int outputBytes = 1 << 20)
        => new(new QueueLimits(pendingStanzas, pendingBytes, outputBytes), Time, () => Demands++);

    private protected int Rendered(StanzaQueue queue)
    {
        Add(queue);
        Demands--;
        return queue.Bytes;
    }

    private protected Enqueued Add(StanzaQueue queue, int bodyBytes = 1)
        => queue.Enqueue(
            reading.Read(StanzaReading.Message("a@p1.example", "b@edge.example", "i", bodyBytes)), ContentNamespace.Component, "a@p1.example"u8, "b@edge.example"u8);

    private protected static void Drain(StanzaQueue queue)
    {
        while (queue.Take() is { } segment)
            queue.Release(segment);
    }

    private protected static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
