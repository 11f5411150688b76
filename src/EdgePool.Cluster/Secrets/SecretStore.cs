using System.Runtime.CompilerServices;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Secrets;

/// <summary>A secret at one revision.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Revision">The store's, at which it was written.</param>
/// <param name="Sealed">As it lies in the store.</param>
public sealed record StoredSecret(string Text, long Revision, ReadOnlyMemory<byte> Sealed)
{
    /// <summary>The revision alone.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"a secret of revision {Revision}");
}

/// <summary>
/// The secrets that all nodes share, in a key space of their own: no document, so that no history, difference or listing ever shows them, and sealed under a key
/// that the store has not.
/// </summary>
/// <param name="store">Where they lie.</param>
/// <param name="keys">What they are sealed under.</param>
public sealed class SecretStore(ICoordinator store, SecretKeys keys)
{
    /// <summary>The key of a secret.</summary>
    public static string KeyOf(string name) => "secrets/" + name;

    /// <summary>Reads a secret; null: there is none.</summary>
    /// <exception cref="SecretException">It cannot be opened.</exception>
    /// <exception cref="StoreException">The store does not answer.</exception>
    public async ValueTask<StoredSecret?> ReadAsync(string name, CancellationToken cancellationToken)
        => Find(await store.ReadAsync(KeyOf(name), cancellationToken), name);

    /// <summary>Writes a secret over the one of a revision; null: that is not the newest any more.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="text">What it says.</param>
    /// <param name="over">The revision that it replaces; 0: there must be none.</param>
    /// <param name="cancellationToken">Gives up waiting; it may have been written.</param>
    /// <returns>Its revision.</returns>
    /// <exception cref="StoreException">The store does not answer: it may have been written.</exception>
    public async ValueTask<long?> WriteAsync(string name, string text, long over, CancellationToken cancellationToken)
    {
        var key = KeyOf(name);
        return await store.CommitAsync(
            [over == 0 ? Condition.Absent(key) : Condition.ChangedAt(key, over)], [new KeyChange(key, SealedSecret.Seal(name, text, keys))], cancellationToken);
    }

    /// <summary>Follows a secret: as it is, and after each change; null while there is none. As <see cref="ICoordinator.WatchAsync"/>.</summary>
    /// <exception cref="SecretException">It cannot be opened.</exception>
    public async IAsyncEnumerable<StoredSecret?> WatchAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var set in store.WatchAsync(KeyOf(name), cancellationToken))
        {
            yield return Find(set, name);
        }
    }

    /// <summary>Opens what <see cref="StoredSecret.Sealed"/> was.</summary>
    /// <exception cref="SecretException">It cannot be opened.</exception>
    public StoredSecret Open(string name, ReadOnlyMemory<byte> bytes, long revision) => new(SealedSecret.Open(name, bytes.Span, keys), revision, bytes);

    private StoredSecret? Find(KeySet set, string name) => set.Keys.TryGetValue(KeyOf(name), out var found) ? Open(name, found.Value, found.Changed) : null;
}
