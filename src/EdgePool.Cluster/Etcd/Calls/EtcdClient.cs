using System.Runtime.CompilerServices;
using EdgePool.Cluster.Etcd.Messages;
using Google.Protobuf;

namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>
/// etcd's calls, to whichever of its members answers. The one that answered last is asked first; where it does not serve, the others are asked in turn until the
/// deadline. Safe for use from several threads.
/// <para>
/// What may be asked twice goes on to the next member whatever became of it at the last. A transaction does not: where its outcome is unknown, that is what the caller
/// is told, for only the caller can say what asking again would mean.
/// </para>
/// </summary>
internal sealed class EtcdClient : IDisposable
{
    /// <summary>Bytes of an answer: a page of documents of the largest size.</summary>
    public const int MaxAnswerBytes = 96 * 1024 * 1024;

    // After all members failed: a new leader takes a second.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Less is no time for an answer.
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(250);

    private readonly EtcdOptions options;
    private readonly TimeProvider time;
    private readonly GrpcCaller caller;
    private readonly TimeSpan patience;
    private volatile int preferred;

    /// <param name="options">Judged.</param>
    /// <param name="time">The clock of deadlines.</param>
    /// <exception cref="EdgePool.Cluster.Documents.StoreException">A file for TLS cannot be used.</exception>
    public EtcdClient(EtcdOptions options, TimeProvider time)
    {
        if (options.Judge() is [var problem, ..])
        {
            throw new ArgumentException(problem, nameof(options));
        }

        (this.options, this.time) = (options, time);
        patience = options.Endpoints.Count > 1 ? options.Deadline / 2 : options.Deadline;
        caller = new GrpcCaller(new EtcdConnections(options, patience, time), time);
    }

    public Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken)
        => AskAsync("etcdserverpb.KV/Range", request, RangeResponse.Parser, mayRepeat: true, cancellationToken);

    /// <summary>A transaction: <see cref="EtcdException.Outcome"/> is to be looked at. One that only reads may be asked twice.</summary>
    public Task<TxnResponse> TxnAsync(TxnRequest request, bool mayRepeat, CancellationToken cancellationToken)
        => AskAsync("etcdserverpb.KV/Txn", request, TxnResponse.Parser, mayRepeat, cancellationToken);

    // A lease that is granted twice is one that nobody keeps alive.
    public Task<LeaseGrantResponse> GrantAsync(LeaseGrantRequest request, CancellationToken cancellationToken)
        => AskAsync("etcdserverpb.Lease/LeaseGrant", request, LeaseGrantResponse.Parser, mayRepeat: true, cancellationToken);

    public Task<LeaseRevokeResponse> RevokeAsync(LeaseRevokeRequest request, CancellationToken cancellationToken)
        => AskAsync("etcdserverpb.Lease/LeaseRevoke", request, LeaseRevokeResponse.Parser, mayRepeat: true, cancellationToken);

    public Task<LeaseKeepAliveResponse> KeepAliveAsync(LeaseKeepAliveRequest request, CancellationToken cancellationToken)
        => AskAsync("etcdserverpb.Lease/LeaseKeepAlive", request, LeaseKeepAliveResponse.Parser, mayRepeat: true, cancellationToken);

    public Task<LeaseTimeToLiveResponse> TimeToLiveAsync(LeaseTimeToLiveRequest request, CancellationToken cancellationToken)
        => AskAsync("etcdserverpb.Lease/LeaseTimeToLive", request, LeaseTimeToLiveResponse.Parser, mayRepeat: true, cancellationToken);

    /// <summary>
    /// The changes of the keys of a range from a revision on, each revision whole. It goes on at another member where one is lost.
    /// </summary>
    /// <param name="range">Which keys.</param>
    /// <param name="from">The first revision.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="EtcdException"><see cref="GrpcCode.OutOfRange"/>: that revision is compacted. Else: no member can be followed.</exception>
    public async IAsyncEnumerable<KeyEvents> WatchAsync(KeyRange range, long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            await using var watch = await InTurnAsync(
                (endpoint, rest, token) => KeyWatch.OpenAsync(caller, endpoint, range, from, rest, time, token), mayRepeat: true, cancellationToken);
            while (await HearAsync(watch, cancellationToken) is { } events)
            {
                yield return events;
                from = events.Revision + 1;
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => caller.Dispose();

    // Null: this member is lost.
    private async Task<KeyEvents?> HearAsync(KeyWatch watch, CancellationToken cancellationToken)
    {
        try
        {
            return await watch.NextAsync(cancellationToken);
        }
        catch (EtcdException lost) when (lost.IsOfThisMember)
        {
            Leave(watch.Endpoint);
            return null;
        }
    }

    private Task<T> AskAsync<T>(string method, IMessage request, MessageParser<T> parser, bool mayRepeat, CancellationToken cancellationToken)
        where T : class, IMessage<T>
        => InTurnAsync((endpoint, rest, token) => caller.AskAsync(endpoint, method, request, parser, MaxAnswerBytes, rest, token), mayRepeat, cancellationToken);

    private async Task<T> InTurnAsync<T>(Func<Uri, TimeSpan, CancellationToken, Task<T>> ask, bool mayRepeat, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var asked = 1; ; asked++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var endpoint = options.Endpoints[preferred % options.Endpoints.Count];
            var rest = options.Deadline - time.GetElapsedTime(began);
            try
            {
                return await ask(endpoint, rest < patience ? rest : patience, cancellationToken);
            }
            catch (EtcdException fault) when (fault.IsOfThisMember)
            {
                Leave(endpoint);
                var round = asked % options.Endpoints.Count == 0;
                var left = options.Deadline - time.GetElapsedTime(began) - (round ? Pause : TimeSpan.Zero);
                if ((fault.Outcome is Outcome.Unknown && !mayRepeat) || (fault.Outcome is Outcome.Untrusted && round) || left < Least)
                {
                    throw;
                }

                if (round)
                {
                    await Task.Delay(Pause, time, cancellationToken);
                }
            }
        }
    }

    // The next one is asked from now on, unless somebody has moved on already.
    private void Leave(Uri endpoint)
    {
        var now = preferred;
        if (options.Endpoints[now % options.Endpoints.Count] == endpoint)
        {
            Interlocked.CompareExchange(ref preferred, (now + 1) % options.Endpoints.Count, now);
        }
    }
}
