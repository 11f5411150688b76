using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using EdgePool.Cluster.Coordination;

namespace EdgePool.Cluster.Embedded;

/// <summary>
/// The coordinator of nodes in one process: in memory, gone with it. One node alone uses it, and several nodes of a demonstration or a test share one.
/// </summary>
public sealed class EmbeddedCoordinator : ICoordinator
{
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly Dictionary<long, Lease> leases = [];
    private readonly RevisionSignal signal = new();
    private readonly ITimer expiry;
    private ImmutableSortedDictionary<string, KeyRecord> keys = ImmutableSortedDictionary.Create<string, KeyRecord>(StringComparer.Ordinal);
    private long revision;
    private long lastLease;
    private bool disposed;

    /// <param name="time">The clock that leases live by; null: the system's.</param>
    public EmbeddedCoordinator(TimeProvider? time = null)
    {
        this.time = time ?? TimeProvider.System;
        expiry = this.time.CreateTimer(static self => ((EmbeddedCoordinator)self!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public ValueTask<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeToLive, TimeSpan.FromSeconds(1));
        lock (gate)
        {
            Begin(cancellationToken);
            var id = ++lastLease;
            leases.Add(id, new Lease(timeToLive, time.GetTimestamp()));
            AwaitNextExpiry();
            return new ValueTask<long>(id);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            Begin(cancellationToken);
            if (!leases.TryGetValue(lease, out var held))
            {
                return new ValueTask<bool>(false);
            }

            held.Since = time.GetTimestamp();
            AwaitNextExpiry();
            return new ValueTask<bool>(true);
        }
    }

    /// <inheritdoc/>
    public ValueTask<TimeSpan?> SilenceAsync(long lease, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            Begin(cancellationToken);
            return new ValueTask<TimeSpan?>(leases.TryGetValue(lease, out var held) ? time.GetElapsedTime(held.Since) : null);
        }
    }

    /// <inheritdoc/>
    public ValueTask RevokeAsync(long lease, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            Begin(cancellationToken);
            End([lease]);
            AwaitNextExpiry();
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask<long?> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<KeyChange> changes, CancellationToken cancellationToken)
    {
        CommitCheck.Demand(conditions, changes);
        lock (gate)
        {
            Begin(cancellationToken);
            if (!conditions.All(Holds) || changes.Any(c => c.Lease != 0 && !leases.ContainsKey(c.Lease)))
            {
                return new ValueTask<long?>((long?)null);
            }

            revision++;
            var next = keys.ToBuilder();
            foreach (var change in changes)
            {
                if (change.Value is { } value)
                {
                    var created = next.TryGetValue(change.Key, out var before) ? before.Created : revision;
                    next[change.Key] = new KeyRecord(change.Key, value.ToArray(), created, revision, change.Lease);
                }
                else
                {
                    next.Remove(change.Key);
                }
            }

            keys = next.ToImmutable();
            signal.Publish(revision);
            return new ValueTask<long?>(revision);
        }
    }

    /// <inheritdoc/>
    public ValueTask<KeySet> ReadAsync(string prefix, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            Begin(cancellationToken);
            return new ValueTask<KeySet>(Under(prefix));
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<KeySet> WatchAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        KeySet? last = null;
        while (true)
        {
            var now = await ReadAsync(prefix, cancellationToken);
            if (last is null || !now.Keys.SequenceEqual(last.Keys))
            {
                yield return now;
            }

            last = now;
            if (!await signal.WaitBeyondAsync(now.Revision, cancellationToken))
            {
                yield break;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (gate)
        {
            disposed = true;
        }

        signal.End();
        return expiry.DisposeAsync();
    }

    private void Begin(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(disposed, this);
        EndExpired(); // the timer may be late
    }

    private bool Holds(Condition condition)
    {
        var record = keys.GetValueOrDefault(condition.Key);
        return (condition.Created is not { } created || created == (record?.Created ?? 0))
            && (condition.Changed is not { } changed || changed == (record?.Changed ?? 0));
    }

    private KeySet Under(string prefix)
        => new(revision, prefix.Length == 0 ? keys : keys.Where(k => k.Key.StartsWith(prefix, StringComparison.Ordinal)).ToImmutableSortedDictionary(StringComparer.Ordinal));

    private void Expire()
    {
        lock (gate)
        {
            if (!disposed)
            {
                EndExpired();
                AwaitNextExpiry();
            }
        }
    }

    private void EndExpired() => End([.. leases.Where(l => LeftOf(l.Value) <= TimeSpan.Zero).Select(static l => l.Key)]);

    private void End(ReadOnlySpan<long> ended)
    {
        var gone = false;
        foreach (var lease in ended)
        {
            if (leases.Remove(lease))
            {
                var rest = keys.RemoveRange(keys.Where(k => k.Value.Lease == lease).Select(static k => k.Key));
                gone |= rest.Count < keys.Count;
                keys = rest;
            }
        }

        if (gone)
        {
            signal.Publish(++revision);
        }
    }

    private TimeSpan LeftOf(Lease lease) => lease.TimeToLive - time.GetElapsedTime(lease.Since);

    private void AwaitNextExpiry()
    {
        var next = leases.Count == 0 ? Timeout.InfiniteTimeSpan : leases.Values.Min(LeftOf);
        expiry.Change(next < TimeSpan.FromMilliseconds(1) && next != Timeout.InfiniteTimeSpan ? TimeSpan.FromMilliseconds(1) : next, Timeout.InfiniteTimeSpan);
    }

    private sealed class Lease(TimeSpan timeToLive, long since)
    {
        public TimeSpan TimeToLive { get; } = timeToLive;

        public long Since { get; set; } = since;
    }
}
