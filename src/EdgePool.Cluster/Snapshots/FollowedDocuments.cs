using System.Collections.Immutable;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Etcd.Documents;
using EdgePool.Cluster.Etcd.Messages;
using EdgePool.Cluster.Etcd.Spaces;

namespace EdgePool.Cluster.Snapshots;

/// <summary>
/// The documents as last seen: from the store as long as it answers, in memory and in a file for when it does not. One path alone, the one that follows, changes them.
/// </summary>
internal sealed class FollowedDocuments(IDocumentStore store, string path, TimeSpan retry, TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource ending = new();
    private readonly RevisionSignal signal = new();
    private Task following = Task.CompletedTask;
    private volatile DocumentState newest = DocumentState.Empty;
    private volatile Absence? absence;
    private long savedAt;

    /// <summary>The documents as last seen.</summary>
    public DocumentState Newest => newest;

    /// <summary>Null: the store answers, as far as is known.</summary>
    public Absence? Away => absence;

    /// <summary>When they were last written to disk; null: not yet, or it failed.</summary>
    public DateTimeOffset? SavedAt => Volatile.Read(ref savedAt) is > 0 and var at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;

    /// <summary>Called whenever the store has been found to answer; on the path that follows.</summary>
    public Func<Task>? Answered { get; set; }

    /// <summary>Begins with what the store says, or what the disk has where it says nothing, and follows from then on.</summary>
    /// <exception cref="StoreException">Neither has anything.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LoadAsync(await store.ReadAsync(cancellationToken));
        }
        catch (StoreException fault)
        {
            var kept = DocumentSnapshot.Read(path)
                ?? throw new StoreException(fault.Fault, $"{fault.Message} — and this node cannot start without: it has not kept a snapshot yet ({path})", fault);
            newest = StateOf(kept);
            signal.Publish(kept.Revision);
            Leave(fault);
        }

        following = FollowAsync();
    }

    /// <summary>The store did not answer a question.</summary>
    public void Leave(StoreException fault)
    {
        var now = new Absence(time.GetUtcNow(), fault.Message);
        absence = absence is { } before ? now with { Since = before.Since } : now;
    }

    /// <summary>Yields as soon as there is something newer; false: there will be no more.</summary>
    public ValueTask<bool> WaitBeyondAsync(long revision, CancellationToken cancellationToken) => signal.WaitBeyondAsync(revision, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        signal.End();
        await following;
    }

    // What was deleted before is not known: who is behind this revision reads everything.
    private static DocumentState StateOf(DocumentSet set)
        => new(
            new SpaceHead(0, new Head { Revision = set.Revision, Forgotten = set.Revision }),
            ImmutableSortedDictionary.CreateRange(
                DocumentOrder.Instance,
                set.Documents.Select(static d => KeyValuePair.Create(d.Key, new NewestVersion(new DocumentVersion(d.Key, d.Version, d.Body, d.By), 0)))));

    private async Task FollowAsync()
    {
        await Task.Yield();
        while (!ending.IsCancellationRequested)
        {
            try
            {
                // A watch that waits says nothing of a store that is back: a reading does.
                var set = await store.ReadAsync(ending.Token);
                if (set.Revision > newest.Revision)
                {
                    await LoadAsync(set);
                }

                await AnsweredAsync();
                await foreach (var update in store.WatchAsync(newest.Revision, ending.Token))
                {
                    await ApplyAsync(update);
                    await AnsweredAsync();
                }
            }
            catch (Exception) when (ending.IsCancellationRequested)
            {
                return;
            }
            catch (StoreException fault)
            {
                Leave(fault);
                await Task.Delay(retry, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task AnsweredAsync()
    {
        absence = null;
        await (Answered?.Invoke() ?? Task.CompletedTask);
    }

    private Task LoadAsync(DocumentSet set)
    {
        newest = StateOf(set);
        return ShowAsync();
    }

    private Task ApplyAsync(DocumentUpdate update)
    {
        var (now, documents) = (newest, update.IsWhole ? newest.Newest.Clear().ToBuilder() : newest.Newest.ToBuilder());
        foreach (var version in update.Changed)
        {
            documents[version.Key] = new NewestVersion(version, 0);
        }

        var forgotten = update.IsWhole ? update.Revision : now.Head.Value.Forgotten;
        newest = new DocumentState(new SpaceHead(0, new Head { Revision = update.Revision, Forgotten = forgotten }), documents.ToImmutable());
        return ShowAsync();
    }

    // The disk comes first, but what it does not take is shown all the same.
    private async Task ShowAsync()
    {
        var set = newest.Set;
        try
        {
            await DocumentSnapshot.WriteAsync(path, set, ending.Token);
            Volatile.Write(ref savedAt, time.GetUtcNow().ToUnixTimeMilliseconds());
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Volatile.Write(ref savedAt, 0);
        }

        signal.Publish(set.Revision);
    }

    /// <summary>A store that does not answer.</summary>
    internal sealed record Absence(DateTimeOffset Since, string Fault);
}
