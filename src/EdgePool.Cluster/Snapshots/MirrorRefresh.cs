using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Etcd.Documents;

namespace EdgePool.Cluster.Snapshots;

/// <summary>Makes a mirror the same as what is read elsewhere, while it is read: both are in one order, and are walked side by side.</summary>
/// <param name="mirror">The mirror.</param>
/// <param name="write">Writes to it what is different.</param>
/// <param name="batch">So many changes at a time.</param>
/// <param name="cancellationToken">Gives up.</param>
internal sealed class MirrorRefresh(IConsentJournal mirror, Func<IReadOnlyList<ConsentChange>, Task> write, int batch, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<Consent> kept = mirror.ReadAllAsync(null, cancellationToken).GetAsyncEnumerator(cancellationToken);
    private readonly List<ConsentChange> changes = [];
    private bool? more;

    /// <summary>Pairs that stay as they are in the mirror.</summary>
    public IReadOnlySet<(string Local, string Remote)> Waiting { get; init; } = new HashSet<(string Local, string Remote)>();

    /// <summary>The next one of the others.</summary>
    public async Task SeenAsync(Consent seen)
    {
        more ??= await kept.MoveNextAsync();
        while (more.Value && Compare(kept.Current, seen) < 0)
        {
            await NoteAsync(new ConsentChange.Revoked(kept.Current.Local, kept.Current.Remote));
            more = await kept.MoveNextAsync();
        }

        var isKept = more.Value && Compare(kept.Current, seen) == 0;
        if (!isKept || kept.Current != seen)
        {
            await NoteAsync(new ConsentChange.Given(seen));
        }

        if (isKept)
        {
            more = await kept.MoveNextAsync();
        }
    }

    /// <summary>There are no others: what is left in the mirror goes.</summary>
    public async Task EndAsync()
    {
        for (more ??= await kept.MoveNextAsync(); more.Value; more = await kept.MoveNextAsync())
        {
            await NoteAsync(new ConsentChange.Revoked(kept.Current.Local, kept.Current.Remote));
        }

        await WriteAsync();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => kept.DisposeAsync();

    private static int Compare(Consent x, Consent y)
        => DocumentOrder.Instance.Compare(new(x.Local, x.Remote), new(y.Local, y.Remote));

    private async Task NoteAsync(ConsentChange change)
    {
        if (!Waiting.Contains(ConsentBatch.Pair(change)))
        {
            changes.Add(change);
        }

        if (changes.Count == batch)
        {
            await WriteAsync();
        }
    }

    private async Task WriteAsync()
    {
        ConsentChange[] noted = [.. changes];
        changes.Clear();
        await (noted.Length > 0 ? write(noted) : Task.CompletedTask);
    }
}
