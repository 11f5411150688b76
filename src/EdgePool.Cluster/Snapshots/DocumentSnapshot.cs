using System.Security.Cryptography;
using System.Text;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Documents;
using EdgePool.Cluster.Etcd.Messages;
using Google.Protobuf;

namespace EdgePool.Cluster.Snapshots;

/// <summary>
/// The documents as a node last saw them, in a file of its own: a line that says what it is, the SHA-256 of the rest, and the rest. It is written beside and takes the former's
/// place whole: whenever the node ends, one of the two is there.
/// </summary>
internal static class DocumentSnapshot
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly byte[] Title = Encoding.ASCII.GetBytes("EdgePool documents, version 1\n");

    /// <exception cref="IOException">The disk does not take it.</exception>
    public static async Task WriteAsync(string path, DocumentSet set, CancellationToken cancellationToken)
    {
        var record = new SnapshotRecord { Revision = set.Revision };
        record.Documents.AddRange(set.Documents.Select(static d => new SnapshotDocument
        {
            Kind = d.Key.Kind,
            Name = d.Key.Name,
            Record = DocumentKeys.Write(new DocumentVersion(d.Key, d.Version, d.Body, d.By), kept: 0),
        }));
        var body = record.ToByteArray();
        var beside = path + ".new";
        File.Delete(beside);
        await using (var file = new FileStream(
            beside, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly, BufferSize = 0, Options = FileOptions.Asynchronous }))
        {
            await file.WriteAsync(Title, cancellationToken);
            await file.WriteAsync(SHA256.HashData(body), cancellationToken);
            await file.WriteAsync(body, cancellationToken);
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }

    /// <summary>The documents; null: there is no file.</summary>
    /// <exception cref="StoreException">It cannot be read, or is damaged.</exception>
    public static DocumentSet? Read(string path)
    {
        byte[] all;
        try
        {
            all = File.ReadAllBytes(path);
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFault.Permission, $"the snapshot {path} cannot be read: {fault.Message}: let user {Environment.UserName} read it", fault);
        }

        var body = Title.Length + SHA256.HashSizeInBytes;
        if (all.Length < body || !all.AsSpan().StartsWith(Title) || !SHA256.HashData(all.AsSpan(body)).AsSpan().SequenceEqual(all.AsSpan(Title.Length, SHA256.HashSizeInBytes)))
        {
            throw new StoreException(
                StoreFault.Corrupt, $"the snapshot {path} is damaged, or of another version of EdgePool: move it away; the node makes another as soon as the cluster's store answers");
        }

        var record = SnapshotRecord.Parser.ParseFrom(all.AsSpan(body));
        return new DocumentSet(record.Revision, [.. record.Documents.Select(static d =>
        {
            var version = DocumentKeys.Read(new DocumentKey(d.Kind, d.Name), d.Record);
            return new StoredDocument(version.Key, version.Version, version.Body ?? "", version.By);
        })]);
    }
}
