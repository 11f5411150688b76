using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Messages;
using Google.Protobuf;

namespace EdgePool.Cluster.Etcd;

/// <summary>
/// The coordinator of a pool: etcd's keys and leases, under <c>live/</c> of the deployment's prefix. Revisions are etcd's own, and so rise with whatever else is written there.
/// </summary>
/// <remarks>
/// A commit whose answer is lost is not made again here: it throws, and may have been made. The size of a commit's values together is limited by etcd too
/// (<c>--max-request-bytes</c>, 1.5 MiB as it ships).
/// </remarks>
public sealed class EtcdCoordinator : ICoordinator
{
    // Values have at most 64 KiB.
    private const int Page = 512;

    private readonly EtcdClient client;
    private readonly string prefix;
    private readonly CancellationTokenSource ending = new();
    private int disposed;

    /// <summary>Asks nobody yet.</summary>
    /// <param name="options">Where etcd is.</param>
    /// <param name="time">The clock of deadlines; null: the system's.</param>
    /// <exception cref="ArgumentException">The options are wrong: <see cref="EtcdOptions.Judge"/> says how.</exception>
    /// <exception cref="StoreException">A file that they name cannot be used.</exception>
    public EtcdCoordinator(EtcdOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        client = new EtcdClient(options, time ?? TimeProvider.System);
        prefix = PrefixOf(options);
    }

    /// <inheritdoc/>
    public async ValueTask<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeToLive, TimeSpan.FromSeconds(1));
        var request = new LeaseGrantRequest { TTL = (long)Math.Ceiling(timeToLive.TotalSeconds) };
        return (await AskAsync(client => client.GrantAsync(request, cancellationToken))).ID;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken)
        => (await AskAsync(client => client.KeepAliveAsync(new LeaseKeepAliveRequest { ID = lease }, cancellationToken))).TTL > 0;

    /// <inheritdoc/>
    /// <remarks>
    /// Leases are counted by etcd's leader, without asking its followers. One that was followed by another and does not know it yet would tell of a lease which the
    /// new one keeps alive; so two reads, which need a majority, must say that the member and its term are the same before and after.
    /// </remarks>
    public async ValueTask<TimeSpan?> SilenceAsync(long lease, CancellationToken cancellationToken)
        => await AskAsync(async client =>
        {
            var before = await client.RangeAsync(new RangeRequest { Key = KeyOf("") }, cancellationToken);
            var told = await client.TimeToLiveAsync(new LeaseTimeToLiveRequest { ID = lease }, cancellationToken);
            var after = await client.RangeAsync(new RangeRequest { Key = KeyOf("") }, cancellationToken);
            if (!IsSame(before.Header, told.Header) || !IsSame(told.Header, after.Header))
            {
                throw new StoreException(StoreFault.Unavailable, "etcd is changing its leader");
            }

            // What is left was rounded down, and is more than was granted after a change of the leader.
            return told.TTL < 0 ? (TimeSpan?)null : TimeSpan.FromSeconds(Math.Max(0, told.GrantedTtl - told.TTL - 1));
        });

    /// <inheritdoc/>
    public async ValueTask RevokeAsync(long lease, CancellationToken cancellationToken)
        => await AskAsync(async client =>
        {
            try
            {
                await client.RevokeAsync(new LeaseRevokeRequest { ID = lease }, cancellationToken);
            }
            catch (EtcdException gone) when (gone.Code is GrpcCode.NotFound)
            {
                // that is what was wanted
            }

            return true;
        });

    /// <inheritdoc/>
    public async ValueTask<long?> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<KeyChange> changes, CancellationToken cancellationToken)
    {
        CommitCheck.Demand(conditions, changes);
        var request = new TxnRequest();
        request.Compare.AddRange(conditions.SelectMany(Compares));
        request.Success.AddRange(changes.Select(Operation));
        return await AskAsync(async client =>
        {
            try
            {
                var answer = await client.TxnAsync(request, mayRepeat: false, cancellationToken);
                return answer.Succeeded ? answer.Header.Revision : (long?)null;
            }
            catch (EtcdException gone) when (gone.Code is GrpcCode.NotFound)
            {
                return null; // the lease of a change
            }
        });
    }

    /// <inheritdoc/>
    public async ValueTask<KeySet> ReadAsync(string prefix, CancellationToken cancellationToken)
        => await AskAsync(async client =>
        {
            var (revision, keys) = (0L, Empty.ToBuilder());
            await foreach (var read in client.PagesAsync(KeyRange.Under(this.prefix + prefix), Page, revision: 0, cancellationToken))
            {
                revision = revision == 0 ? read.Header.Revision : revision;
                keys.AddRange(read.Kvs.Select(Record).Select(static r => KeyValuePair.Create(r.Key, r)));
            }

            return new KeySet(revision, keys.ToImmutable());
        });

    /// <inheritdoc/>
    public async IAsyncEnumerable<KeySet> WatchAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ending.Token);
        var keys = Empty;
        await using var following = client.FollowAsync(KeyRange.Under(this.prefix + prefix), Page, either.Token).GetAsyncEnumerator(either.Token);
        while (await MoveAsync(following, cancellationToken))
        {
            var now = following.Current;
            keys = Apply(keys, now);
            yield return new KeySet(now.Revision, keys);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            await ending.CancelAsync();
            client.Dispose();
        }
    }

    /// <summary>The same for a transaction on other keys of the deployment: the key of an owner is the one that was made at this revision.</summary>
    internal static Compare CreatedAt(EtcdOptions options, Condition owned)
        => new()
        {
            Target = Compare.Types.CompareTarget.Create,
            Key = ByteString.CopyFromUtf8(PrefixOf(options) + owned.Key),
            CreateRevision = owned.Created ?? throw new ArgumentException($"the condition on {owned.Key} names no token", nameof(owned)),
        };

    private static string PrefixOf(EtcdOptions options) => options.Prefix + "live/";

    private static ImmutableSortedDictionary<string, KeyRecord> Empty { get; } = ImmutableSortedDictionary.Create<string, KeyRecord>(StringComparer.Ordinal);

    private ImmutableSortedDictionary<string, KeyRecord> Apply(ImmutableSortedDictionary<string, KeyRecord> keys, KeyEvents events)
    {
        var next = (events.IsListing ? Empty : keys).ToBuilder();
        foreach (var change in events.Events)
        {
            if (change.Type is Event.Types.EventType.Put)
            {
                var record = Record(change.Kv);
                next[record.Key] = record;
            }
            else
            {
                next.Remove(NameOf(change.Kv.Key));
            }
        }

        return next.ToImmutable();
    }

    private KeyRecord Record(KeyValue kv) => new(NameOf(kv.Key), kv.Value.Memory, kv.CreateRevision, kv.ModRevision, kv.Lease);

    private string NameOf(ByteString key) => key.ToStringUtf8()[prefix.Length..];

    private ByteString KeyOf(string key) => ByteString.CopyFromUtf8(prefix + key);

    private static bool IsSame(ResponseHeader one, ResponseHeader other) => one.MemberId == other.MemberId && one.RaftTerm == other.RaftTerm;

    private IEnumerable<Compare> Compares(Condition condition)
    {
        if (condition.Created is { } created)
        {
            yield return new Compare { Target = Compare.Types.CompareTarget.Create, Key = KeyOf(condition.Key), CreateRevision = created };
        }

        if (condition.Changed is { } changed)
        {
            yield return new Compare { Target = Compare.Types.CompareTarget.Mod, Key = KeyOf(condition.Key), ModRevision = changed };
        }
    }

    private RequestOp Operation(KeyChange change)
        => change.Value is { } value
            ? new RequestOp { RequestPut = new PutRequest { Key = KeyOf(change.Key), Value = ByteString.CopyFrom(value.Span), Lease = change.Lease } }
            : new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = KeyOf(change.Key) } };

    // False: disposed.
    private async ValueTask<bool> MoveAsync(IAsyncEnumerator<KeyEvents> following, CancellationToken cancellationToken)
    {
        try
        {
            return await following.MoveNextAsync();
        }
        catch (EtcdException fault)
        {
            throw EtcdFaults.Of(fault);
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException && disposed != 0 && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async ValueTask<T> AskAsync<T>(Func<EtcdClient, Task<T>> ask)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        try
        {
            return await ask(client);
        }
        catch (EtcdException fault)
        {
            throw EtcdFaults.Of(fault);
        }
    }
}
