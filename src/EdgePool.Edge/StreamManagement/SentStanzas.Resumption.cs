using System.Buffers;

namespace EdgePool.Edge.StreamManagement;

/// <content>What goes out again on the stream that takes the place of a lost one (XEP-0198 section 5).</content>
internal sealed partial class SentStanzas
{
    private bool repeats;
    private uint repeatFrom;

    /// <summary>How many the peer has acknowledged.</summary>
    public uint Handled
    {
        get
        {
            lock (gate)
                return count.Handled;
        }
    }

    /// <summary>Bytes that are held.</summary>
    public int Bytes
    {
        get
        {
            lock (gate)
                return bytes;
        }
    }

    /// <summary>Something is to be written again before anything new.</summary>
    public bool Repeats
    {
        get
        {
            lock (gate)
                return repeats && !ended;
        }
    }

    /// <summary>
    /// The stream goes on as another one, whose writer takes what is held once more (<see cref="TryRepeat"/>), but for what the peer has handled; false, and nothing
    /// changes, when it cannot have handled that much. Nothing may be written meanwhile.
    /// </summary>
    public bool Resume(uint h)
    {
        if (!Acknowledge(h))
            return false;
        lock (gate)
        {
            (repeats, repeatFrom) = (count.Outstanding > 0, count.Handled);
            (requested, requestedAt, asks) = (false, count.Handled, true);
            foreach (var segment in held)
                segment.Since = time.GetTimestamp(); // its way to the peer begins anew
            return true;
        }
    }

    /// <summary>Writes the next of what goes out again; false when all of it has, and new segments may follow.</summary>
    public bool TryRepeat(IBufferWriter<byte> output)
    {
        lock (gate)
        {
            if (!repeats || ended)
                return false;
            repeatFrom = unchecked((int)(count.Handled - repeatFrom)) > 0 ? count.Handled : repeatFrom;
            var number = unchecked(count.Handled - (uint)first);
            foreach (var entry in held)
            {
                var index = unchecked((int)(repeatFrom - number));
                number = unchecked(number + (uint)entry.Segment.Entries);
                if (index >= entry.Segment.Entries)
                    continue;
                output.Write(entry.Segment.From(index).Span);
                repeatFrom = number;
                return true;
            }

            repeats = false;
            return false;
        }
    }
}
