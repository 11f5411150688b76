using System.Text;
using EdgePool.Cluster.Etcd.Messages;
using Google.Protobuf;

namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>Keys from one on to before another; where <paramref name="End"/> is empty, the one key.</summary>
internal readonly record struct KeyRange(ByteString Begin, ByteString End)
{
    /// <summary>All keys that begin with these bytes of UTF-8.</summary>
    public static KeyRange Under(string prefix)
    {
        // The last byte of UTF-8 is never 255.
        var end = Encoding.UTF8.GetBytes(prefix);
        end[^1]++;
        return new KeyRange(ByteString.CopyFromUtf8(prefix), ByteString.CopyFrom(end));
    }

    /// <summary>The keys from one on to before another.</summary>
    public static KeyRange Between(string begin, string end) => new(ByteString.CopyFromUtf8(begin), ByteString.CopyFromUtf8(end));

    public static KeyRange One(string key) => new(ByteString.CopyFromUtf8(key), ByteString.Empty);
}

/// <summary>What became of the keys of a range at some revisions: all of it.</summary>
/// <param name="IsListing">True: these are all keys that there are, and no other is; false: what is not listed is as it was.</param>
/// <param name="Revision">The keys are now as they were at this revision of etcd's.</param>
/// <param name="Events">In the order in which they came about.</param>
internal sealed record KeyEvents(bool IsListing, long Revision, IReadOnlyList<Event> Events);
