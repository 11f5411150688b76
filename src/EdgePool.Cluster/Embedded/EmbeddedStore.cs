using System.Runtime.CompilerServices;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.KnownPeers;
using EdgePool.Cluster.Presences;
using Microsoft.Data.Sqlite;

namespace EdgePool.Cluster.Embedded;

/// <summary>
/// The store of a node that stands alone: one SQLite file with documents, consents, who is shown as available, and what is known of partners' keys.
/// <para>
/// Two threads of its own run SQLite's synchronous calls, one that writes and one that reads beside it. Writers that wait together share one sync of the disk.
/// One process has the file at a time; however it ends, what was acknowledged is there when the next one opens the file, and of what was not, each batch is
/// there whole or not at all.
/// </para>
/// <para>
/// Not guaranteed: that a damaged disk is noticed before the damaged page is read, where the file is larger than
/// <see cref="EmbeddedStoreOptions.MaxCheckedBytes"/>; anything on a network file system that does not honour locks and syncs.
/// </para>
/// </summary>
public sealed partial class EmbeddedStore : IDocumentStore, IOwnedConsents, IPresenceJournal, IKnownPeerJournal
{
    // Of this size a portion of consents takes the reading thread some milliseconds.
    private const int Portion = 4096;

    private readonly EmbeddedStoreOptions options;
    private readonly TimeProvider time;
    private readonly FileStream held;
    private readonly StoreThread writer;
    private readonly StoreThread reader;
    private readonly RevisionSignal signal = new();
    private readonly Lazy<Task> closing;

    private EmbeddedStore(EmbeddedStoreOptions options, TimeProvider time, FileStream held, long revision, Database writing, Database reading)
    {
        this.options = options;
        this.time = time;
        this.held = held;
        signal.Publish(revision);
        writer = StoreThread.Writing(writing, options);
        reader = StoreThread.Reading(reading, options);
        closing = new Lazy<Task>(CloseAsync);
    }

    /// <summary>Opens the file, or makes it, with its directory, where there is none.</summary>
    /// <param name="options">Where, and limits.</param>
    /// <param name="time">The clock of <see cref="Authorship.When"/>.</param>
    /// <exception cref="StoreException">The file cannot be used; nothing stays open.</exception>
    public static Task<EmbeddedStore> OpenAsync(EmbeddedStoreOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        return Task.Factory.StartNew(
            () => Open(options with { Path = Path.GetFullPath(options.Path) }, time), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public async ValueTask<DocumentSet> ReadAsync(CancellationToken cancellationToken) => await ReadingAsync(DocumentRows.All, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<WriteOutcome> WriteAsync(IReadOnlyList<DocumentChange> changes, string who, string why, CancellationToken cancellationToken)
    {
        if (DocumentBatch.Judge(changes, who, why, options.Limits) is { } refusal)
        {
            return new WriteOutcome.Refused(refusal);
        }

        var job = new StoreJob<WriteOutcome>(
            database => DocumentWriting.Write(database, changes, new Authorship(who, time.GetUtcNow(), why), options.Limits), Publish)
        {
            Bytes = changes.Sum(change => Weight(change.Key.Kind, change.Key.Name, change.Body)),
        };
        return await WritingAsync(job, refusal => new WriteOutcome.Refused(refusal), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DocumentVersion>> HistoryAsync(DocumentKey key, int atMost, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, 1);
        return await ReadingAsync(database => DocumentRows.History(database, key, atMost), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<DocumentVersion?> VersionAsync(DocumentKey key, long version, CancellationToken cancellationToken)
        => await ReadingAsync(database => DocumentRows.At(database, key, version), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<DocumentUpdate> WatchAsync(long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = afterRevision;
        while (await signal.WaitBeyondAsync(after, cancellationToken))
        {
            if (await SinceAsync(after, cancellationToken) is { } update)
            {
                yield return update;
                after = update.Revision;
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Consent> ReadAllAsync(string? partner, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (local, remote) = (string.Empty, string.Empty);
        while (true)
        {
            var portion = await ReadingAsync(database => ConsentRows.After(database, partner, local, remote, Portion), cancellationToken);
            foreach (var consent in portion)
            {
                yield return consent;
            }

            if (portion.Count < Portion)
            {
                yield break;
            }

            (local, remote) = (portion[^1].Local, portion[^1].Remote);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken) => AppendAsync(changes, [], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, IReadOnlyList<Condition> ownership, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ownership);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ownership.Count, IOwnedConsents.MostKeys, nameof(ownership));
        if (ConsentBatch.Judge(changes, options.Limits) is { } refusal)
        {
            return refusal;
        }

        var job = new StoreJob<Refusal?>(database => ConsentRows.Append(database, changes, ownership, options.Limits, time.GetUtcNow()))
        {
            // A partner's name is one string for all its consents.
            Bytes = changes.Select(ConsentBatch.Pair).Sum(pair => Weight(pair.Local, pair.Remote)),
        };
        return await WritingAsync(job, refusal => refusal, cancellationToken);
    }

    internal ValueTask<KnownDocuments> KnownAsync(CancellationToken cancellationToken) => ReadingAsync(DocumentRows.Known, cancellationToken);

    /// <summary>Ends watches, finishes what waits, and closes the file.</summary>
    public async ValueTask DisposeAsync() => await closing.Value;

    private static EmbeddedStore Open(EmbeddedStoreOptions options, TimeProvider time)
    {
        SystemSqlite.Load();
        var claim = StoreFiles.Claim(options.Path);
        Database? writing = null;
        try
        {
            writing = Database.OpenWriting(options);
            var revision = StoreState.Read(writing).Revision;
            return new EmbeddedStore(options, time, claim, revision, writing, Database.OpenReading(options));
        }
        catch (Exception fault)
        {
            writing?.Dispose();
            claim.Dispose();
            if (fault is SqliteException sqlite)
            {
                throw Faults.OfOpening(sqlite, options.Path);
            }

            throw;
        }
    }

    // What the texts of a change take in memory, with their objects.
    private static long Weight(params ReadOnlySpan<string?> texts)
    {
        var bytes = 64L;
        foreach (var text in texts)
        {
            bytes += 24 + (sizeof(char) * (long)(text?.Length ?? 0));
        }

        return bytes;
    }

    private void Publish(WriteOutcome outcome)
    {
        if (outcome is WriteOutcome.Written written)
        {
            signal.Publish(written.Revision);
        }
    }

    // Null, too, where the store is closed between the signal and the reading: the signal tells that.
    private async ValueTask<DocumentUpdate?> SinceAsync(long after, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadingAsync(database => DocumentRows.Since(database, after), cancellationToken);
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    private async ValueTask<T> ReadingAsync<T>(Func<Database, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var job = new StoreJob<T>(work) { Bytes = 0 };
        if (!reader.TryPost(job))
        {
            throw new StoreException(StoreFault.Busy, $"{options.MaxWaiting} readings wait for the store {options.Path}");
        }

        try
        {
            return await job.ResultAsync(cancellationToken);
        }
        catch (SqliteException fault)
        {
            throw Faults.OfReading(fault, options.Path);
        }
    }

    private async ValueTask<T> WritingAsync<T>(StoreJob<T> job, Func<Refusal, T> refused, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!writer.TryPost(job))
        {
            return refused(new Refusal(RefusalReason.Busy, $"too many writes wait for the store {options.Path}"));
        }

        try
        {
            return await job.ResultAsync(cancellationToken);
        }
        catch (SqliteException fault)
        {
            return refused(Faults.OfWriting(fault, options.Path));
        }
    }

    // The connection that writes closes last: it brings the log into the file.
    private async Task CloseAsync()
    {
        signal.End();
        try
        {
            await reader.CloseAsync();
            await writer.CloseAsync();
        }
        finally
        {
            await held.DisposeAsync();
        }
    }
}
