using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Consents;

namespace EdgePool.Cluster.Migration;

/// <summary>A pool's consents, written as carried over; what is refused ends the migration.</summary>
internal sealed class CarriedConsents(EtcdConsents consents) : IConsentJournal
{
    public IAsyncEnumerable<Consent> ReadAllAsync(string? partner, CancellationToken cancellationToken) => consents.ReadAllAsync(partner, cancellationToken);

    public async ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken)
        => await consents.AppendAsync(changes, [], isCarried: true, cancellationToken) is { } refusal
            ? throw new StoreException(StoreFault.Unavailable, $"the pool does not take the consents: {refusal.Message}")
            : null;
}
