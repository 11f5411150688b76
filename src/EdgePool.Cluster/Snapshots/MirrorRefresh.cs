using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Etcd.Documents;

namespace EdgePool.Cluster.Snapshots;

/// <summary>Makes a mirror the same as what is read elsewhere, while it is read: both are in one order, and are walked side by side.</summary>
internal sealed class MirrorRefresh(IConsentJournal mirror, int batch, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<Consent> kept = mirror.ReadAllAsync(null, cancellationToken).GetAsyncEnumerator(cancellationToken);
    private readonly List<ConsentChange> changes = [];
    private bool? more;

    /// <summary>Pairs that stay as they are in the mirror.</summary>
    public IReadOnlySet<(string Local, string Remote)> Waiting { get; init; } = new HashSet<(string Local, string Remote)>();

    /// <summary>Told of what was different in the mirror.</summary>
    public Action<IReadOnlyList<ConsentChange>>? Noted { get; init; }

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
        await mirror.AppendAsync(noted, CancellationToken.None);
        if (noted.Length > 0)
        {
            Noted?.Invoke(noted);
        }
    }
}
