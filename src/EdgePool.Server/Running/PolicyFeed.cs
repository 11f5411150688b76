using EdgePool.Cluster.Documents;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Server.Running;

/// <summary>The documents of the store do not make a policy, so a node cannot start with them.</summary>
internal sealed class PolicyInvalidException(IReadOnlyList<PolicyProblem> problems) : Exception("the documents of the store are not valid")
{
    /// <summary>All that is wrong.</summary>
    public IReadOnlyList<PolicyProblem> Problems { get; } = problems;
}

/// <summary>
/// Keeps the policy in force at the newest revision of the store: documents are compiled together and published whole. What does not compile leaves the
/// last good policy in force, and <see cref="Problem"/> says why.
/// </summary>
internal sealed class PolicyFeed : IAsyncDisposable
{
    private readonly IDocumentStore store;
    private readonly IReadOnlyList<DomainName> localDomains;
    private readonly Dictionary<DocumentKey, PolicyDocument> documents;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly List<(long Revision, TaskCompletionSource Done)> waiting = [];
    private Task following = Task.CompletedTask;
    private long seen;

    private PolicyFeed(IDocumentStore store, IReadOnlyList<DomainName> localDomains, DocumentSet first, PolicySnapshot snapshot)
    {
        (this.store, this.localDomains, seen, Current) = (store, localDomains, first.Revision, snapshot);
        documents = first.Documents.ToDictionary(document => document.Key, Compiled);
    }

    /// <summary>The policy in force.</summary>
    public PolicySnapshot Current { get; private set; }

    /// <summary>Why the store's newest revision is not in force; null: it is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads the store and compiles it.</summary>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    /// <exception cref="PolicyInvalidException">Its documents make no policy.</exception>
    public static async Task<PolicyFeed> OpenAsync(IDocumentStore store, IReadOnlyList<DomainName> localDomains)
    {
        var first = await store.ReadAsync(CancellationToken.None);
        var compilation = PolicyCompiler.Compile([.. first.Documents.Select(Compiled)], first.Revision, localDomains);
        return compilation.Snapshot is { } snapshot
            ? new PolicyFeed(store, localDomains, first, snapshot)
            : throw new PolicyInvalidException([.. compilation.Problems.Where(problem => problem.Severity is ProblemSeverity.Error)]);
    }

    /// <summary>Follows the store from now on.</summary>
    /// <param name="publish">Puts a policy in force.</param>
    /// <param name="alarm">Tells that a revision cannot be put in force.</param>
    public void Follow(Func<PolicySnapshot, Task> publish, Action<long, PolicyProblem> alarm) => following = FollowAsync(publish, alarm);

    /// <summary>Completes when a revision, or a newer one, is in force or was found wrong.</summary>
    public Task InForceAsync(long revision, CancellationToken cancellation)
    {
        lock (gate)
        {
            if (Volatile.Read(ref seen) >= revision)
            {
                return Task.CompletedTask;
            }

            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add((revision, done));
            return done.Task.WaitAsync(cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await following;
        stop.Dispose();
    }

    private async Task FollowAsync(Func<PolicySnapshot, Task> publish, Action<long, PolicyProblem> alarm)
    {
        try
        {
            await foreach (var update in store.WatchAsync(seen, stop.Token))
            {
                Take(update);
                await CompileAsync(update.Revision, publish, alarm);
                Reached(update.Revision);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException)
        {
            // The node, or the store, ends.
        }
    }

    private void Take(DocumentUpdate update)
    {
        if (update.IsWhole)
        {
            documents.Clear();
        }

        foreach (var version in update.Changed)
        {
            if (version.Body is { } body)
            {
                documents[version.Key] = new PolicyDocument(version.Key.Kind, version.Key.Name, version.Version, body);
            }
            else
            {
                documents.Remove(version.Key);
            }
        }
    }

    private async Task CompileAsync(long revision, Func<PolicySnapshot, Task> publish, Action<long, PolicyProblem> alarm)
    {
        var compilation = PolicyCompiler.Compile([.. documents.Values], revision, localDomains, Current);
        if (compilation.Snapshot is { } next)
        {
            await publish(next);
            (Current, Problem) = (next, null);
            return;
        }

        var first = compilation.Problems.First(problem => problem.Severity is ProblemSeverity.Error);
        Problem = $"{first.Path}: {first.What} — {first.Remedy}";
        alarm(revision, first);
    }

    private void Reached(long revision)
    {
        lock (gate)
        {
            Volatile.Write(ref seen, revision);
            foreach (var (_, done) in waiting.Where(wait => wait.Revision <= revision))
            {
                done.TrySetResult();
            }

            waiting.RemoveAll(wait => wait.Revision <= revision);
        }
    }

    private static PolicyDocument Compiled(StoredDocument document) => new(document.Key.Kind, document.Key.Name, document.Version, document.Body);
}
