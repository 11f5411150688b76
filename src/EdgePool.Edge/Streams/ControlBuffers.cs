using System.Buffers;
using System.Collections.Concurrent;

namespace EdgePool.Edge.Streams;

/// <summary>Buffers for control XML: one that was written out serves the next stream that has something to say, and a silent stream holds none.</summary>
internal static class ControlBuffers
{
    /// <summary>Buffers kept; what comes back beyond is left to the collector.</summary>
    public const int Most = 64;

    /// <summary>Bytes of the largest buffer kept.</summary>
    public const int Largest = 4 * 1024;

    private static readonly ConcurrentQueue<ArrayBufferWriter<byte>> Kept = new();

    /// <summary>An empty buffer.</summary>
    public static ArrayBufferWriter<byte> Rent() => Kept.TryDequeue(out var kept) ? kept : new ArrayBufferWriter<byte>(1024);

    /// <summary>Takes a buffer back that nobody reads or writes any longer.</summary>
    public static void Return(ArrayBufferWriter<byte> used)
    {
        if (used.Capacity > Largest || Kept.Count >= Most)
            return;
        used.ResetWrittenCount();
        Kept.Enqueue(used);
    }
}
