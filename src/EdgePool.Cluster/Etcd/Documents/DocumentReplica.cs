using System.Collections.Immutable;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Messages;
using EdgePool.Cluster.Etcd.Spaces;

namespace EdgePool.Cluster.Etcd.Documents;

/// <summary>
/// All documents in memory, following etcd from the first use on. How new it must be, the reader says. Staged parts of a batch count from the moment in which the head has
/// them.
/// </summary>
internal sealed class DocumentReplica(EtcdClient client, Space space, DocumentKeys keys, TimeSpan retry, TimeProvider time) : IAsyncDisposable
{
    // Bodies have at most 256 KiB.
    private const int Page = 256;

    private readonly CancellationTokenSource ending = new();
    private readonly Lock gate = new();
    private TaskCompletionSource changed = NewSignal();
    private DocumentState? newest;
    private EtcdException? fault;
    private Task? following;

    /// <summary>What is known of them was written in a newer format than this one.</summary>
    public bool IsNewerThan(int schema)
    {
        lock (gate)
        {
            return newest?.Head.Value.Schema > schema;
        }
    }

    /// <summary>The documents, as soon as a condition holds of them.</summary>
    /// <param name="holds">The condition.</param>
    /// <param name="isPatient">True: waits on where etcd cannot be followed now; whoever asks knows that it answers.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Null: there will be no more.</returns>
    /// <exception cref="EtcdException">etcd cannot be followed now.</exception>
    public async Task<DocumentState?> WhenAsync(Func<DocumentState, bool> holds, bool isPatient, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (ending.IsCancellationRequested)
                {
                    return null;
                }

                following ??= FollowAsync();
                if (newest is not null && holds(newest))
                {
                    return newest;
                }

                if (fault is not null && !isPatient)
                {
                    throw new EtcdException(fault.Code, fault.Message, Outcome.NotDone, fault);
                }

                next = changed.Task;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        Task? last;
        lock (gate)
        {
            last = following;
            changed.TrySetResult();
        }

        await (last ?? Task.CompletedTask);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task FollowAsync()
    {
        await Task.Yield();
        while (!ending.IsCancellationRequested)
        {
            try
            {
                await foreach (var events in client.FollowAsync(keys.Followed, Page, ending.Token))
                {
                    Publish(await ApplyAsync(events.IsListing ? DocumentState.Empty : newest!, events), null);
                }
            }
            catch (Exception) when (ending.IsCancellationRequested)
            {
                return;
            }
            catch (Exception broken)
            {
                Publish(newest, broken as EtcdException ?? new EtcdException(GrpcCode.Internal, $"what etcd has under {keys.Space} cannot be read: {broken.Message}", Outcome.NotDone, broken));
                await Task.Delay(retry, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<DocumentState> ApplyAsync(DocumentState state, KeyEvents events)
    {
        var (head, documents) = (state.Head, state.Newest.ToBuilder());
        foreach (var change in events.Events)
        {
            if (keys.OfNow(change.Kv.Key) is { } key)
            {
                Apply(documents, key, change.Type is Event.Types.EventType.Put ? DocumentRecord.Parser.ParseFrom(change.Kv.Value) : null);
            }
            else if (change.Type is Event.Types.EventType.Put)
            {
                head = SpaceHead.Of(change.Kv);
                await LookThroughAsync(head, events.IsListing ? events.Revision : head.Changed, documents);
            }
        }

        return new DocumentState(head, documents.ToImmutable());
    }

    // What is staged, as if it were where it belongs. What comes there later is the same again.
    private async Task LookThroughAsync(SpaceHead head, long revision, ImmutableSortedDictionary<DocumentKey, NewestVersion>.Builder documents)
    {
        if (!head.IsStaged)
        {
            return;
        }

        await foreach (var part in space.PartsAsync(head, revision, ending.Token))
        {
            foreach (var operation in part)
            {
                if (operation.RequestPut is { } put && keys.OfNow(put.Key) is { } written)
                {
                    Apply(documents, written, DocumentRecord.Parser.ParseFrom(put.Value));
                }
                else if (operation.RequestDeleteRange is { } delete && keys.OfNow(delete.Key) is { } forgotten)
                {
                    Apply(documents, forgotten, record: null);
                }
            }
        }
    }

    private static void Apply(ImmutableSortedDictionary<DocumentKey, NewestVersion>.Builder documents, DocumentKey key, DocumentRecord? record)
    {
        if (record is null)
        {
            documents.Remove(key);
        }
        else if (!documents.TryGetValue(key, out var held) || held.Version.Version <= record.Version)
        {
            documents[key] = new NewestVersion(DocumentKeys.Read(key, record), record.Kept);
        }
    }

    private void Publish(DocumentState? state, EtcdException? lost)
    {
        TaskCompletionSource told;
        lock (gate)
        {
            (newest, fault) = (state, lost);
            (told, changed) = (changed, NewSignal());
        }

        told.TrySetResult();
    }
}
