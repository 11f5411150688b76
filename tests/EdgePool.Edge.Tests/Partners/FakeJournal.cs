using System.Runtime.CompilerServices;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>A journal in memory that refuses when it is told to.</summary>
internal sealed class FakeJournal : IConsentJournal
{
    private readonly Lock gate = new();
    private TaskCompletionSource appended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What stands, in the order given.</summary>
    public List<Consent> Standing { get; } = [];

    /// <summary>All that was taken, in its order.</summary>
    public List<ConsentChange> Changes { get; } = [];

    /// <summary>The sizes of the batches taken.</summary>
    public List<int> Batches { get; } = [];

    /// <summary>What the next batches are told; null: they are taken.</summary>
    public Refusal? Refuses { get; set; }

    /// <summary>Batches that were refused.</summary>
    public int Refused { get; private set; }

    public async IAsyncEnumerable<Consent> ReadAllAsync(string? partner, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var consent in Standing)
            yield return consent;
    }

    public ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            var refusal = Refuses;
            if (refusal is null)
                Take(changes);
            else
                Refused++;
            Interlocked.Exchange(ref appended, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            return new ValueTask<Refusal?>(refusal);
        }
    }

    /// <summary>Waits for a state of the journal.</summary>
    public async Task UntilAsync(Func<FakeJournal, bool> reached)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (reached(this))
                    return;
                next = appended.Task;
            }

            await next.WaitAsync(TimeSpan.FromSeconds(10));
        }
    }

    private void Take(IReadOnlyList<ConsentChange> changes)
    {
        Batches.Add(changes.Count);
        Changes.AddRange(changes);
        foreach (var change in changes)
        {
            switch (change)
            {
                case ConsentChange.Given given:
                    Standing.Add(given.Consent);
                    break;
                case ConsentChange.Revoked revoked:
                    Standing.RemoveAll(c => c.Local == revoked.Local && c.Remote == revoked.Remote);
                    break;
            }
        }
    }
}
