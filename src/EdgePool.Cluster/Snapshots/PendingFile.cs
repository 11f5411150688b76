using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Snapshots;

/// <summary>
/// Changes of consents that the cluster's store has yet to take, in their order, in a file: of each batch its length, the first bytes of its SHA-256, and the batch. A batch that is
/// not whole, because the node ended while it was written, was never told as kept, and goes. For one thread at a time.
/// </summary>
internal sealed class PendingFile : IDisposable
{
    private const int HashBytes = 8;
    private const int HeaderBytes = sizeof(int) + HashBytes;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Stream file;
    private readonly string name;
    private readonly long maxBytes;
    private readonly List<IReadOnlyList<ConsentChange>> batches = [];

    /// <summary>Opens it, or makes it.</summary>
    /// <param name="path">The file; its folder is there.</param>
    /// <param name="maxBytes">Bytes of the file.</param>
    /// <exception cref="IOException">The disk does not let it.</exception>
    public PendingFile(string path, long maxBytes)
        : this(
            new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = OwnerOnly, BufferSize = 0 }),
            path,
            maxBytes)
    {
    }

    /// <summary>On what holds the bytes in its place; at its beginning.</summary>
    internal PendingFile(Stream file, string name, long maxBytes)
    {
        (this.file, this.name, this.maxBytes) = (file, name, maxBytes);
        Load();
    }

    /// <summary>What waits, oldest first.</summary>
    public IReadOnlyList<IReadOnlyList<ConsentChange>> Batches => batches;

    /// <summary>Keeps a batch; durable when it returns. Null: done.</summary>
    public Refusal? Append(IReadOnlyList<ConsentChange> changes)
    {
        var body = ConsentCodec.Write(changes);
        if (file.Length + HeaderBytes + body.Length > maxBytes)
        {
            return new Refusal(RefusalReason.Full, $"the cluster's store is away, and {name} holds at most {maxBytes} bytes of what waits for it");
        }

        var end = file.Length;
        try
        {
            file.Seek(end, SeekOrigin.Begin);
            file.Write([.. Header(body), .. body]);
            Flush();
        }
        catch (IOException fault)
        {
            file.SetLength(end);
            return new Refusal(RefusalReason.Unavailable, $"{name} cannot be written: {fault.Message}");
        }

        batches.Add([.. changes]);
        return null;
    }

    /// <summary>Everything that waited is where it belongs.</summary>
    public void Clear()
    {
        batches.Clear();
        file.SetLength(0);
        Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void Flush()
    {
        if (file is FileStream onDisk)
        {
            onDisk.Flush(flushToDisk: true);
        }
    }

    private static byte[] Header(ReadOnlySpan<byte> body)
    {
        var header = new byte[HeaderBytes];
        BinaryPrimitives.WriteInt32BigEndian(header, body.Length);
        SHA256.HashData(body).AsSpan(0, HashBytes).CopyTo(header.AsSpan(sizeof(int)));
        return header;
    }

    private void Load()
    {
        var header = new byte[HeaderBytes];
        var good = 0L;
        while (file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) == HeaderBytes
            && BinaryPrimitives.ReadInt32BigEndian(header) is >= 0 and var length && length <= file.Length - file.Position)
        {
            var body = new byte[length];
            file.ReadExactly(body);
            if (!Header(body).AsSpan().SequenceEqual(header))
            {
                break;
            }

            batches.Add(ConsentCodec.Read(body));
            good = file.Position;
        }

        file.SetLength(good);
    }
}
