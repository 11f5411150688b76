using EdgePool.Server.Demo.Load;
using EdgePool.Xmpp.StreamManagement;

namespace EdgePool.Server.Demo.Peers;

/// <summary>
/// Copies of the messages that a partner has sent on one stream after the other and the edge has not acknowledged (XEP-0198). What a stream held when it was lost is sent
/// again on the next. Whoever sends bounds how many there are.
/// </summary>
internal sealed class UnacknowledgedStanzas
{
    private readonly Lock gate = new();
    private readonly Queue<byte[]> batches = [];
    private SentCount count;
    private int first; // messages of the oldest batch that are acknowledged

    /// <summary>How many there are.</summary>
    public long Count
    {
        get
        {
            lock (gate)
            {
                return count.Outstanding;
            }
        }
    }

    /// <summary>These messages are about to be sent.</summary>
    public void Hold(ReadOnlySpan<byte> messages)
    {
        lock (gate)
        {
            batches.Enqueue(messages.ToArray());
            count.Send(messages.Length / NumberedMessage.Length);
        }
    }

    /// <summary>The edge has handled so many on this stream; false: that cannot be.</summary>
    public bool Acknowledge(uint h)
    {
        lock (gate)
        {
            if (!count.TryHandle(h, out var more))
            {
                return false;
            }

            while (more > 0)
            {
                var now = Math.Min(more, (batches.Peek().Length / NumberedMessage.Length) - first);
                (first, more) = (first + now, more - now);
                if (first == batches.Peek().Length / NumberedMessage.Length)
                {
                    batches.Dequeue();
                    first = 0;
                }
            }

            return true;
        }
    }

    /// <summary>A new stream begins: what goes first on it, in the order in which it was sent.</summary>
    public byte[] Again()
    {
        lock (gate)
        {
            byte[] left = [.. batches.SelectMany(static batch => batch).Skip(first * NumberedMessage.Length)];
            batches.Clear();
            (first, count) = (0, default);
            if (left.Length > 0)
            {
                batches.Enqueue(left);
                count.Send(left.Length / NumberedMessage.Length);
            }

            return left;
        }
    }
}
