using System.Runtime.CompilerServices;
using EdgePool.Cluster.Etcd.Messages;
using Google.Protobuf;

namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>Readings of many keys.</summary>
internal static class KeyReading
{
    /// <summary>The keys of a range, in pages, all as of one revision; that is the newest at the first page.</summary>
    /// <param name="client">etcd.</param>
    /// <param name="range">Which keys.</param>
    /// <param name="page">How many at a time.</param>
    /// <param name="revision">As of when; 0: now.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public static async IAsyncEnumerable<RangeResponse> PagesAsync(
        this EtcdClient client, KeyRange range, int page, long revision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = new RangeRequest { Key = range.Begin, RangeEnd = range.End, Limit = page, Revision = revision };
        while (true)
        {
            var read = await client.RangeAsync(next, cancellationToken);
            yield return read;
            if (!read.More || read.Kvs.Count == 0)
            {
                yield break;
            }

            next.Revision = next.Revision == 0 ? read.Header.Revision : next.Revision;
            next.Key = After(read.Kvs[^1].Key);
        }
    }

    /// <summary>The keys of a range as they are, and then all that becomes of them. Where etcd has compacted what lies between, it begins anew.</summary>
    /// <exception cref="EtcdException">No member can be followed.</exception>
    public static async IAsyncEnumerable<KeyEvents> FollowAsync(this EtcdClient client, KeyRange range, int page, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var listing = await ListAsync(client, range, page, cancellationToken);
            if (listing is null)
            {
                continue;
            }

            yield return listing;
            await using var watch = client.WatchAsync(range, listing.Revision + 1, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await watch.NextAsync())
            {
                yield return watch.Current;
            }
        }
    }

    // Null: compacted while it was read.
    private static async Task<KeyEvents?> ListAsync(EtcdClient client, KeyRange range, int page, CancellationToken cancellationToken)
    {
        var (revision, events) = (0L, new List<Event>());
        try
        {
            await foreach (var read in client.PagesAsync(range, page, revision: 0, cancellationToken))
            {
                revision = revision == 0 ? read.Header.Revision : revision;
                events.AddRange(read.Kvs.Select(static kv => new Event { Kv = kv }));
            }

            return new KeyEvents(IsListing: true, revision, events);
        }
        catch (EtcdException fault) when (fault.Code is GrpcCode.OutOfRange)
        {
            return null;
        }
    }

    /// <summary>The next events of a watch; false: what lies between is compacted.</summary>
    public static async ValueTask<bool> NextAsync(this IAsyncEnumerator<KeyEvents> watch)
    {
        try
        {
            return await watch.MoveNextAsync();
        }
        catch (EtcdException fault) when (fault.Code is GrpcCode.OutOfRange)
        {
            return false;
        }
    }

    public static ByteString After(ByteString key)
    {
        var next = new byte[key.Length + 1];
        key.CopyTo(next, 0);
        return UnsafeByteOperations.UnsafeWrap(next);
    }
}
