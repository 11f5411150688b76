using System.Globalization;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Messages;
using Google.Protobuf;

namespace EdgePool.Cluster.Etcd.Documents;

/// <summary>
/// Where documents are: <c>documents/now/KIND\0NAME</c> is the newest version of each, deletions among them, and <c>documents/versions/KIND\0NAME\0VERSION</c> every version
/// that is kept, its number in 16 hexadecimal digits.
/// </summary>
/// <param name="prefix">Of the deployment.</param>
internal sealed class DocumentKeys(string prefix)
{
    private readonly string now = prefix + "documents/now/";
    private readonly string versions = prefix + "documents/versions/";

    /// <summary>The space's prefix.</summary>
    public string Space { get; } = prefix + "documents/";

    /// <summary>The head and the newest versions, and nothing else: a slash comes before 0.</summary>
    public KeyRange Followed { get; } = KeyRange.Between(prefix + "documents/head", prefix + "documents/now0");

    public string Now(DocumentKey key) => $"{now}{key.Kind}\0{key.Name}";

    public string Version(DocumentKey key, long version) => string.Create(CultureInfo.InvariantCulture, $"{versions}{key.Kind}\0{key.Name}\0{version:x16}");

    /// <summary>All versions of a document.</summary>
    public KeyRange Versions(DocumentKey key) => KeyRange.Under($"{versions}{key.Kind}\0{key.Name}\0");

    /// <summary>Which document it is the newest version of; null: none, it is another key.</summary>
    public DocumentKey? OfNow(ByteString key)
    {
        var name = key.ToStringUtf8();
        if (!name.StartsWith(now, StringComparison.Ordinal))
        {
            return null;
        }

        var end = name.IndexOf('\0', now.Length);
        return new DocumentKey(name[now.Length..end], name[(end + 1)..]);
    }

    public static DocumentVersion Read(DocumentKey key, DocumentRecord record)
        => new(key, record.Version, record.HasBody ? record.Body : null, new Authorship(record.Who, DateTimeOffset.FromUnixTimeMilliseconds(record.At), record.Why));

    public static DocumentRecord Write(DocumentVersion version, int kept)
    {
        var record = new DocumentRecord
        {
            Version = version.Version,
            Who = version.By.Who,
            At = version.By.When.ToUnixTimeMilliseconds(),
            Why = version.By.Why,
            Kept = kept,
        };
        if (version.Body is not null)
        {
            record.Body = version.Body;
        }

        return record;
    }
}
