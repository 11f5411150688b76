using EdgePool.Cluster.Documents;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Partners;

/// <summary>
/// From the documents of a store to the policy in force: each revision is compiled whole and published. Where a compilation finds errors, or the store cannot be
/// read, the last good policy stays, an alarm is logged, and <see cref="State"/> says so. While one revision is compiled, those that follow are gathered: the next
/// compilation is of the newest.
/// </summary>
internal sealed class DocumentWatcher(
    IDocumentStore store, IReadOnlyList<DomainName> localDomains, LivePolicy policy, BodyLoggingAudit bodies, TimeProvider time, ILogger log) : IAsyncDisposable
{
    /// <summary>The wait before a store that could not be read is asked again.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim editing = new(1);
    private readonly SemaphoreSlim reading = new(1);
    private readonly CancellationTokenSource stopping = new();
    private readonly DocumentTable documents = new();
    private readonly Lock gate = new();
    private TaskCompletionSource changed = NewSignal();
    private Task following = Task.CompletedTask;

    /// <summary>Where this node stands now.</summary>
    public PolicyState State { get; private set; } = new(0, 0, default, [], StoreFault: null);

    /// <summary>Reads the store, puts its documents in force, and follows it from then on.</summary>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    /// <exception cref="PolicyException">Its documents cannot be used.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        documents.Load(await store.ReadAsync(cancellation));
        var compiled = Compile(documents.All, documents.Revision);
        if (compiled.Snapshot is null)
            throw new PolicyException(documents.Revision, compiled.Problems);
        await PublishAsync(compiled, documents.Revision, cancellation);
        following = FollowAsync();
    }

    /// <summary>What the documents would be with these changes: compiled, not written.</summary>
    public async Task<PolicyCompilation> CheckAsync(IReadOnlyList<DocumentChange> changes, CancellationToken cancellation)
    {
        await reading.WaitAsync(cancellation);
        try
        {
            return Compile(documents.With(changes), documents.Revision + 1);
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>Writes changes that compile, and completes when they are in force. Edits of this node follow one another.</summary>
    /// <param name="changes">Bodies in canonical form.</param>
    /// <param name="who">See <see cref="Authorship"/>.</param>
    /// <param name="why">See <see cref="Authorship"/>.</param>
    /// <param name="cancellation">Has no effect once the batch is being written, but that it is not waited for.</param>
    public async Task<ApplyOutcome> ApplyAsync(IReadOnlyList<DocumentChange> changes, string who, string why, CancellationToken cancellation)
    {
        await editing.WaitAsync(cancellation);
        try
        {
            var compiled = await CheckAsync(changes, cancellation);
            if (compiled.Snapshot is null)
                return new ApplyOutcome.Invalid(compiled.Problems);
            switch (await store.WriteAsync(changes, who, why, cancellation))
            {
                case WriteOutcome.Stale stale:
                    return new ApplyOutcome.Stale(stale.Changes);
                case WriteOutcome.Refused refused:
                    return new ApplyOutcome.Refused(refused.Why);
                case WriteOutcome.Written written:
                    var state = await WhenSeenAsync(written.Revision, cancellation);
                    return state.InForce >= written.Revision
                        ? new ApplyOutcome.InForce(written.Revision, state.Problems)
                        : new ApplyOutcome.Invalid(state.Problems); // another node wrote what does not go with it
                default:
                    throw new InvalidOperationException("an unknown outcome of a write");
            }
        }
        finally
        {
            editing.Release();
        }
    }

    /// <summary>Completes when that revision, or a later one, has been compiled: then it is in force, or held back.</summary>
    public async Task<PolicyState> WhenSeenAsync(long revision, CancellationToken cancellation)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (State.Seen >= revision)
                    return State;
                next = changed.Task;
            }

            await next.WaitAsync(cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await following;
        lock (gate)
            changed.TrySetCanceled(stopping.Token);
        stopping.Dispose();
    }

    private async Task FollowAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await foreach (var update in store.WatchAsync(documents.Revision, stopping.Token))
                    await TakeAsync(update);
            }
            catch (Exception end) when (stopping.IsCancellationRequested && end is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (Exception fault)
            {
                NodeLog.StoreFailed(log, fault.Message, State.InForce, RetryAfter);
                Change(State with { Seen = documents.Revision, StoreFault = fault.Message }); // what was read and not compiled is held back
                await Task.Delay(RetryAfter, time, stopping.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
    }

    private async Task TakeAsync(DocumentUpdate update)
    {
        await reading.WaitAsync(stopping.Token);
        try
        {
            documents.Apply(update);
            var compiled = Compile(documents.All, documents.Revision);
            if (compiled.Snapshot is not null)
            {
                await PublishAsync(compiled, update.Revision, stopping.Token);
                return;
            }

            NodeLog.PolicyHeldBack(log, update.Revision, PolicyException.Describe(compiled.Problems), State.InForce);
            Change(State with { Seen = update.Revision, Problems = compiled.Problems, StoreFault = null });
        }
        finally
        {
            reading.Release();
        }
    }

    private async Task PublishAsync(PolicyCompilation compiled, long revision, CancellationToken cancellation)
    {
        await bodies.BeforeAsync(compiled.Snapshot!, cancellation);
        await policy.PublishAsync(compiled.Snapshot!);
        await bodies.AfterAsync(compiled.Snapshot!, cancellation);
        NodeLog.PolicyInForce(log, revision, compiled.Snapshot!.Partners.Count);
        Change(new PolicyState(revision, revision, time.GetUtcNow(), compiled.Problems, StoreFault: null));
    }

    private PolicyCompilation Compile(IReadOnlyList<PolicyDocument> all, long revision)
        => PolicyCompiler.Compile(all, revision, localDomains, policy.Current);

    private void Change(PolicyState now)
    {
        TaskCompletionSource told;
        lock (gate)
        {
            State = now;
            (told, changed) = (changed, NewSignal());
        }

        told.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
