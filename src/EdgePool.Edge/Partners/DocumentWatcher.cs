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
/// compilation is of the newest. What fails on the way, the store or we, is tried again, after waits that grow.
/// </summary>
internal sealed class DocumentWatcher(
    IDocumentStore store, IReadOnlyList<DomainName> localDomains, LivePolicy policy, BodyLoggingAudit bodies, TimeProvider time, Random random, ILogger log) : IAsyncDisposable
{
    /// <summary>The wait after the first failure.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait after several.</summary>
    public static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim editing = new(1);
    private readonly SemaphoreSlim reading = new(1);
    private readonly CancellationTokenSource stopping = new();
    private readonly DocumentTable documents = new();
    private readonly Lock gate = new();
    private TaskCompletionSource changed = NewSignal();
    private Task following = Task.CompletedTask;
    private bool unsettled; // the documents were read, and neither published nor held back

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
        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (unsettled)
                    await TakeAsync(update: null);
                if (State.StoreFault is not null)
                    await AskAsync();
                await foreach (var update in store.WatchAsync(documents.Revision, stopping.Token))
                {
                    await TakeAsync(update);
                    failures = 0;
                }
            }
            catch (Exception end) when (stopping.IsCancellationRequested && end is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (Exception fault)
            {
                var wait = Routing.Backoff.After(failures++, RetryAfter, LongestRetry, random.NextDouble());
                Fail(fault, wait);
                await Task.Delay(wait, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // A watch that waits says nothing of a store that is back: a reading does.
    private async Task AskAsync()
    {
        var read = await store.ReadAsync(stopping.Token);
        if (read.Revision <= documents.Revision)
            Change(State with { StoreFault = null });
    }

    private void Fail(Exception fault, TimeSpan wait)
    {
        if (!unsettled)
        {
            NodeLog.StoreFailed(log, fault.Message, State.InForce, wait);
            Change(State with { StoreFault = fault.Message });
            return;
        }

        NodeLog.PolicyNotPublished(log, documents.Revision, fault.Message, State.InForce, wait);
        var problem = new PolicyProblem(ProblemSeverity.Error, "", $"revision {documents.Revision} is written, but not in force: {fault.Message}", "nothing: the node tries again; 'edgepool status' tells");
        Change(State with { Seen = documents.Revision, Problems = [problem], StoreFault = fault.Message });
    }

    /// <summary>Follows the store, and settles what that means; without an update, what is not settled yet.</summary>
    private async Task TakeAsync(DocumentUpdate? update)
    {
        await reading.WaitAsync(stopping.Token);
        try
        {
            if (update is not null)
                documents.Apply(update);
            unsettled = true;
            var compiled = Compile(documents.All, documents.Revision);
            if (compiled.Snapshot is not null)
                await PublishAsync(compiled, documents.Revision, stopping.Token);
            else
                HoldBack(compiled, documents.Revision);
            unsettled = false;
        }
        finally
        {
            reading.Release();
        }
    }

    private void HoldBack(PolicyCompilation compiled, long revision)
    {
        NodeLog.PolicyHeldBack(log, revision, PolicyException.Describe(compiled.Problems), State.InForce);
        Change(State with { Seen = revision, Problems = compiled.Problems, StoreFault = null });
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
