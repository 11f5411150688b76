using System.Runtime.CompilerServices;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Messages;
using EdgePool.Cluster.Etcd.Spaces;

namespace EdgePool.Cluster.Etcd.Documents;

/// <summary>Documents in etcd. Readings are answered from memory, once that is as new as etcd says it must be.</summary>
internal sealed class EtcdDocuments : IAsyncDisposable
{
    // Versions that are read at a time.
    private const int Page = 64;

    // How often a batch is made again where others write in between.
    private const int Attempts = 32;

    // After etcd could not be followed.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly DocumentKeys keys;
    private readonly Space space;
    private readonly WaitingLine line;
    private readonly DocumentReplica replica;
    private readonly EtcdClient client;
    private readonly EtcdStoreOptions options;
    private readonly TimeProvider time;

    /// <param name="client">etcd.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">The clock of <see cref="Authorship.When"/>.</param>
    public EtcdDocuments(EtcdClient client, EtcdStoreOptions options, TimeProvider time)
    {
        (this.client, this.options, this.time) = (client, options, time);
        keys = new DocumentKeys(options.Etcd.Prefix);
        space = new Space(client, keys.Space, TimeProvider.System, options.Schema);
        line = new WaitingLine(options.MaxWaiting);
        replica = new DocumentReplica(client, space, keys, Retry, TimeProvider.System);
    }

    /// <summary>As far as is known, a newer program has written the documents: this one only reads them.</summary>
    public bool IsOutdated => replica.IsNewerThan(options.Schema);

    public async Task<DocumentSet> ReadAsync(CancellationToken cancellationToken) => (await NewestAsync(cancellationToken)).Set;

    public async Task<WriteOutcome> WriteAsync(IReadOnlyList<DocumentChange> changes, string who, string why, CancellationToken cancellationToken)
    {
        if (DocumentBatch.Judge(changes, who, why, options.Limits) is { } refusal)
        {
            return new WriteOutcome.Refused(refusal);
        }

        using var turn = await line.TakeAsync(cancellationToken);
        if (turn is null)
        {
            return new WriteOutcome.Refused(new Refusal(RefusalReason.Busy, "too many writes wait for etcd"));
        }

        var by = new Authorship(who, DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()), why);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var state = await SettledAsync(CancellationToken.None);
            var plan = DocumentPlan.Of(state, changes, by, options.Limits, keys);
            if (plan.Declined is not null)
            {
                return plan.Declined;
            }

            if (await space.CommitAsync(state.Head, plan.Next, [.. plan.Operations, .. await TrimAsync(plan)]))
            {
                await SeenAsync(plan.Next.Revision);
                return new WriteOutcome.Written(plan.Next.Revision);
            }
        }

        return new WriteOutcome.Refused(new Refusal(RefusalReason.Busy, "other nodes write all the time: try again"));
    }

    public async Task<IReadOnlyList<DocumentVersion>> HistoryAsync(DocumentKey key, int atMost, CancellationToken cancellationToken)
    {
        var state = await SettledAsync(cancellationToken);
        var all = keys.Versions(key);
        var known = await client.RangeAsync(new RangeRequest { Key = all.Begin, RangeEnd = all.End, KeysOnly = true }, cancellationToken);
        if (known.Kvs.Count == 0)
        {
            return [];
        }

        var newestFirst = new List<DocumentVersion>();
        var from = all with { Begin = known.Kvs[^Math.Min(atMost, known.Kvs.Count)].Key };
        await foreach (var page in client.PagesAsync(from, Page, known.Header.Revision, cancellationToken))
        {
            newestFirst.AddRange(page.Kvs.Select(kv => DocumentKeys.Read(key, DocumentRecord.Parser.ParseFrom(kv.Value))));
        }

        newestFirst.Reverse();
        return newestFirst;
    }

    public async Task<DocumentVersion?> VersionAsync(DocumentKey key, long version, CancellationToken cancellationToken)
    {
        await SettledAsync(cancellationToken);
        var one = KeyRange.One(keys.Version(key, version));
        var read = await client.RangeAsync(new RangeRequest { Key = one.Begin }, cancellationToken);
        return read.Kvs.Count > 0 ? DocumentKeys.Read(key, DocumentRecord.Parser.ParseFrom(read.Kvs[0].Value)) : null;
    }

    public async IAsyncEnumerable<DocumentUpdate> WatchAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await replica.WhenAsync(state => state.Revision > after, isPatient: false, cancellationToken) is { } state)
        {
            yield return state.Since(after);
            after = state.Revision;
        }
    }

    /// <summary>Makes the store what an embedded one is: one batch.</summary>
    /// <param name="state">Of <see cref="SettledAsync"/>.</param>
    /// <param name="next">The head as it will be.</param>
    /// <param name="versions">What is written, of each document its newest version last.</param>
    /// <param name="forgotten">Documents that are not to be known any more.</param>
    /// <returns>False: somebody has written since.</returns>
    public Task<bool> CarryAsync(DocumentState state, Head next, IReadOnlyList<IReadOnlyList<DocumentVersion>> versions, IEnumerable<DocumentKey> forgotten)
        => space.CommitAsync(
            state.Head,
            next,
            [
                .. versions.SelectMany(all => all).Select(v => Space.Put(keys.Version(v.Key, v.Version), DocumentKeys.Write(v, kept: 0))),
                .. versions.Select(all => Space.Put(keys.Now(all[^1].Key), DocumentKeys.Write(all[^1], (state.Newest.GetValueOrDefault(all[^1].Key)?.Kept ?? 0) + all.Count))),
                .. forgotten.SelectMany(key => new[] { Space.Delete(keys.Now(key)), Space.Delete(keys.Versions(key)) }),
            ]);

    public ValueTask DisposeAsync() => replica.DisposeAsync();

    /// <summary>The documents with nothing staged.</summary>
    public async Task<DocumentState> SettledAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var state = await NewestAsync(cancellationToken);
            if (!state.Head.IsStaged)
            {
                return state;
            }

            await space.SettleAsync(state.Head);
        }
    }

    private async Task<DocumentState> NewestAsync(CancellationToken cancellationToken)
    {
        var head = await space.ReadAsync(cancellationToken);
        using var deadline = new CancellationTokenSource(options.Etcd.Deadline);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await replica.WhenAsync(state => state.Head.Changed >= head.Changed, isPatient: true, either.Token) ?? throw new ObjectDisposedException(nameof(EtcdStore));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EtcdException(GrpcCode.DeadlineExceeded, "etcd answers, but what it has cannot be followed in time", Outcome.NotDone);
        }
    }

    // A watch that begins after a write of this node has it from the start. It is written, seen or not.
    private async Task SeenAsync(long revision)
    {
        using var deadline = new CancellationTokenSource(options.Etcd.Deadline);
        try
        {
            await replica.WhenAsync(state => state.Revision >= revision, isPatient: true, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // etcd cannot be followed now
        }
    }

    // The deletion of the oldest versions of those documents that would have too many.
    private async Task<IReadOnlyList<RequestOp>> TrimAsync(DocumentPlan plan)
    {
        var deletes = new List<RequestOp>();
        foreach (var (key, count) in plan.Exceeding)
        {
            var all = keys.Versions(key);
            var oldest = await client.RangeAsync(new RangeRequest { Key = all.Begin, RangeEnd = all.End, KeysOnly = true, Limit = count }, CancellationToken.None);
            if (oldest.Kvs.Count > 0)
            {
                deletes.Add(Space.Delete(new KeyRange(all.Begin, KeyReading.After(oldest.Kvs[^1].Key))));
            }
        }

        return deletes;
    }
}
