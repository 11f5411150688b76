using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;

namespace EdgePool.Edge.Partners;

/// <summary>One policy takes the place of another.</summary>
/// <param name="Before">What was in force.</param>
/// <param name="Now">What is in force.</param>
internal sealed record PolicyChange(PolicySnapshot Before, PolicySnapshot Now);

/// <summary>
/// The policy in force on this node. A snapshot is immutable and is replaced whole; who judges takes one reading of it for all that it decides, by
/// <see cref="Current"/>, or, for stanzas, as a <see cref="PolicyReader"/>.
/// </summary>
/// <remarks>
/// <para>
/// <see cref="PublishAsync"/> completes when the new snapshot is <em>in force</em>: read-copy-update. First the snapshot is swapped. Then every reader has
/// come to the end of the batch that it was in, so that no stanza judged by an older snapshot enters a queue any more. Then <see cref="Replaced"/> has
/// taken out of the queues what the new snapshot refuses, and told every stream. On each target, what the new snapshot refuses is therefore written,
/// if at all, before anything that was accepted after the call returned.
/// </para>
/// <para>
/// Not guaranteed: that what a connection's write had taken before is called back; it is delivered. Nor that the streams which the new snapshot ends are
/// gone: their farewell is on its way, and nothing they still bring is let through.
/// </para>
/// </remarks>
internal sealed class LivePolicy(PolicySnapshot first) : IDisposable
{
    private readonly SemaphoreSlim publishing = new(1);
    private readonly Lock gate = new();
    private readonly HashSet<PolicyReader> readers = [];
    private PolicySnapshot current = first;

    /// <summary>The snapshot that decisions are taken from now.</summary>
    public PolicySnapshot Current => Volatile.Read(ref current);

    /// <summary>The partner whose domain it is, when that may federate now; else null.</summary>
    /// <param name="domain">Canonical (U-labels in UTF-8).</param>
    public Partner? Allowed(ReadOnlySpan<byte> domain) => Current.Judge(domain, out var partner) == VerdictReason.Allowed ? partner : null;

    /// <summary>Called at each change, one at a time, when nothing is judged by the snapshot before any more.</summary>
    public Action<PolicyChange>? Replaced { get; set; }

    /// <summary>Puts <paramref name="next"/> in force; calls come into force in their order.</summary>
    public async Task PublishAsync(PolicySnapshot next)
    {
        await publishing.WaitAsync();
        try
        {
            var before = Interlocked.Exchange(ref current, next);
            await BatchesOverAsync();
            Replaced?.Invoke(new PolicyChange(before, next));
        }
        finally
        {
            publishing.Release();
        }
    }

    public void Dispose() => publishing.Dispose();

    internal void Enter(PolicyReader reader)
    {
        lock (gate)
            readers.Add(reader);
    }

    internal void Leave(PolicyReader reader)
    {
        lock (gate)
            readers.Remove(reader);
    }

    private async Task BatchesOverAsync()
    {
        PolicyReader[] present;
        lock (gate)
            present = [.. readers];
        foreach (var reader in present)
            await reader.BatchOverAsync();
    }
}
