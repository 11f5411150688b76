using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Messages;
using Google.Protobuf;

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

    private readonly FileStream file;
    private readonly long maxBytes;
    private readonly List<IReadOnlyList<ConsentChange>> batches = [];

    /// <summary>Opens it, or makes it.</summary>
    /// <param name="path">The file; its folder is there.</param>
    /// <param name="maxBytes">Bytes of the file.</param>
    /// <exception cref="IOException">The disk does not let it.</exception>
    public PendingFile(string path, long maxBytes)
    {
        this.maxBytes = maxBytes;
        file = new FileStream(
            path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = OwnerOnly, BufferSize = 0 });
        Load();
    }

    /// <summary>What waits, oldest first.</summary>
    public IReadOnlyList<IReadOnlyList<ConsentChange>> Batches => batches;

    /// <summary>Keeps a batch; durable when it returns. Null: done.</summary>
    public Refusal? Append(IReadOnlyList<ConsentChange> changes)
    {
        var body = Write(changes).ToByteArray();
        if (file.Length + HeaderBytes + body.Length > maxBytes)
        {
            return new Refusal(RefusalReason.Full, $"the cluster's store is away, and {file.Name} holds at most {maxBytes} bytes of what waits for it");
        }

        var end = file.Length;
        try
        {
            file.Seek(end, SeekOrigin.Begin);
            file.Write([.. Header(body), .. body]);
            file.Flush(flushToDisk: true);
        }
        catch (IOException fault)
        {
            file.SetLength(end);
            return new Refusal(RefusalReason.Unavailable, $"{file.Name} cannot be written: {fault.Message}");
        }

        batches.Add([.. changes]);
        return null;
    }

    /// <summary>Everything that waited is where it belongs.</summary>
    public void Clear()
    {
        batches.Clear();
        file.SetLength(0);
        file.Flush(flushToDisk: true);
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static byte[] Header(ReadOnlySpan<byte> body)
    {
        var header = new byte[HeaderBytes];
        BinaryPrimitives.WriteInt32BigEndian(header, body.Length);
        SHA256.HashData(body).AsSpan(0, HashBytes).CopyTo(header.AsSpan(sizeof(int)));
        return header;
    }

    private static PendingConsents Write(IReadOnlyList<ConsentChange> changes)
    {
        var record = new PendingConsents();
        foreach (var change in changes)
        {
            var (local, remote) = ConsentBatch.Pair(change);
            var given = change is ConsentChange.Given(var consent) ? new ConsentRecord { Partner = consent.Partner, Since = consent.Since.ToUnixTimeMilliseconds() } : null;
            record.Changes.Add(new PendingConsent { Local = local, Remote = remote, Given = given });
        }

        return record;
    }

    private static ConsentChange Read(PendingConsent change)
        => change.Given is { } given
            ? new ConsentChange.Given(new Consent(change.Local, change.Remote, given.Partner, DateTimeOffset.FromUnixTimeMilliseconds(given.Since)))
            : new ConsentChange.Revoked(change.Local, change.Remote);

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

            batches.Add([.. PendingConsents.Parser.ParseFrom(body).Changes.Select(Read)]);
            good = file.Position;
        }

        file.SetLength(good);
    }
}
