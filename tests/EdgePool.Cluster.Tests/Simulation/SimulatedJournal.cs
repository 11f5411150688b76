using System.Runtime.CompilerServices;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Tests.Simulation;

/// <summary>The store's consents, with the owners that the store has: a write of anybody else is refused.</summary>
internal sealed class SimulatedJournal(ICoordinator owners)
{
    /// <summary>Consents of one partner.</summary>
    public const int MostOfPartner = 4;

    private readonly Dictionary<(string Local, string Remote), PairState> states = [];

    /// <summary>All that was ever taken.</summary>
    public List<ConsentChange> Log { get; } = [];

    /// <summary>Writes of owners that were refused.</summary>
    public int Fenced { get; private set; }

    public IReadOnlyList<Consent> Standing
        => [.. states.Values.Select(static s => s.Standing).OfType<Consent>().OrderBy(static c => c.Local, StringComparer.Ordinal).ThenBy(static c => c.Remote, StringComparer.Ordinal)];

    public PairState StateOf((string Local, string Remote) pair) => states.GetValueOrDefault(pair);

    public Refusal? Append(IReadOnlyList<ConsentChange> changes, IReadOnlyList<Condition> ownership)
    {
        if (ownership.FirstOrDefault(owned => !Holds(owned)) is { } lost)
        {
            Fenced++;
            return ConsentBatch.FencedOff(lost);
        }

        var plan = ConsentPlan.Of(ConsentBatch.LastOfEach(changes), StateOf);
        if (plan.GrowthOfPartners().FirstOrDefault(g => g.Value > 0 && Standing.Count(c => c.Partner == g.Key) + g.Value > MostOfPartner) is { Key: { } full })
        {
            return ConsentBatch.PartnerFull(full, StoreLimits.Default);
        }

        foreach (var (local, remote, _, after) in plan.Changes)
        {
            states[(local, remote)] = after;
            Log.Add(after.Standing is { } consent ? new ConsentChange.Given(consent) : new ConsentChange.Revoked(local, remote, after.Revoked!.Value));
        }

        return plan.Outcome;
    }

    private bool Holds(Condition owned)
    {
        var read = owners.ReadAsync(owned.Key, default).AsTask();
        return read.Result.Keys.GetValueOrDefault(owned.Key)?.Created == owned.Created;
    }
}

/// <summary>A node's way to the store's consents.</summary>
internal sealed class SimulatedConsents(Simulator simulator, SimulatedLink link, SimulatedProcess process, SimulatedJournal journal) : IOwnedConsents, IFollowedConsents
{
    public ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken) => AppendAsync(changes, [], cancellationToken);

    public async ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, IReadOnlyList<Condition> ownership, CancellationToken cancellationToken)
    {
        Assert.NotEmpty(ownership);
        try
        {
            return await link.AskAsync(() => new ValueTask<Refusal?>(journal.Append(changes, ownership)), cancellationToken);
        }
        catch (StoreException fault)
        {
            return new Refusal(RefusalReason.Unavailable, fault.Message);
        }
    }

    public async IAsyncEnumerable<Consent> ReadAllAsync(string? partner, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var consent in await link.AskAsync(() => new ValueTask<IReadOnlyList<Consent>>(journal.Standing), cancellationToken))
        {
            yield return consent;
        }
    }

    public async IAsyncEnumerable<IReadOnlyList<ConsentChange>?> FollowConsentsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = await link.AskAsync(() => new ValueTask<int>(journal.Log.Count), cancellationToken);
        yield return null;
        while (true)
        {
            await Task.Delay(simulator.Between(30, 400), process.Time, cancellationToken);
            if (!link.IsOpen)
            {
                throw new StoreException(StoreFault.Unavailable, "the watch is lost");
            }

            if (journal.Log.Count > seen)
            {
                var news = journal.Log[seen..];
                seen = journal.Log.Count;
                await Task.Delay(simulator.Between(1, 30), process.Time, cancellationToken);
                yield return news;
            }
        }
    }
}

/// <summary>What a node has on its disk of the store's consents.</summary>
internal sealed class SimulatedMirror : IConsentJournal
{
    private readonly Dictionary<(string Local, string Remote), Consent> standing = [];

    public IReadOnlyList<Consent> Standing => [.. standing.Values.OrderBy(static c => c.Local, StringComparer.Ordinal).ThenBy(static c => c.Remote, StringComparer.Ordinal)];

    public async IAsyncEnumerable<Consent> ReadAllAsync(string? partner, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var consent in Standing)
        {
            yield return consent;
        }
    }

    public ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken)
    {
        foreach (var change in changes)
        {
            if (change is ConsentChange.Given(var consent))
            {
                standing[(consent.Local, consent.Remote)] = consent;
            }
            else
            {
                standing.Remove(ConsentBatch.Pair(change));
            }
        }

        return default;
    }
}
