using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Secrets;
using EdgePool.Xmpp.Dialback;

namespace EdgePool.Server.Pool;

/// <summary>What became of a rotation.</summary>
/// <param name="Revision">The store's, at which the new secret makes keys; null: somebody else wrote in between, and nothing of this rotation makes keys.</param>
/// <param name="Before">How many secrets there were.</param>
/// <param name="Kept">How many of them still verify.</param>
/// <param name="Late">Nodes that had not taken the new secret when it began to make keys.</param>
internal sealed record RotationOutcome(long? Revision, int Before, int Kept, IReadOnlyList<string> Late);

/// <summary>
/// A new dialback secret for every node of every pool, in two steps, so that no key under way is ever unknown to the node that is asked about it: first each node
/// knows the new secret and verifies by it, then it makes keys.
/// </summary>
/// <param name="secrets">Where the secrets lie.</param>
/// <param name="store">Where the nodes tell what they have.</param>
/// <param name="time">The clock.</param>
/// <param name="randomBytes">For the new one.</param>
internal sealed class SecretRotation(SecretStore secrets, ICoordinator store, TimeProvider time, Func<int, byte[]> randomBytes)
{
    /// <summary>How long nodes may take to know the new secret: one that does not answer for so long is gone, or cut off.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>Rotates.</summary>
    /// <param name="forget">The secrets before are known to somebody: their keys are void at once, and there is nothing to wait for.</param>
    /// <param name="cancellation">Gives up between the steps: the new secret is known then, and makes no keys.</param>
    public async Task<RotationOutcome> RunAsync(bool forget, CancellationToken cancellation)
    {
        var read = await secrets.ReadAsync(PoolSecrets.Name, cancellation);
        var before = read is null ? [] : PoolSecrets.Lines(read.Text);
        var (fresh, over) = (PoolSecrets.New(randomBytes), read?.Revision ?? 0);
        if (forget || before.Length == 0)
        {
            return new RotationOutcome(await WriteAsync([fresh], over, cancellation), before.Length, 0, []);
        }

        var kept = before[..Math.Min(before.Length, DialbackSecrets.Most - 1)];
        if (await WriteAsync([kept[0], fresh, .. kept[1..]], over, cancellation) is not { } known)
        {
            return new RotationOutcome(Revision: null, before.Length, before.Length, []);
        }

        var late = await LateAsync(known, cancellation);
        return new RotationOutcome(await WriteAsync([fresh, .. kept], known, cancellation), before.Length, kept.Length, late);
    }

    private ValueTask<long?> WriteAsync(string[] newestFirst, long over, CancellationToken cancellation)
        => secrets.WriteAsync(PoolSecrets.Name, PoolSecrets.Written(newestFirst), over, cancellation);

    /// <summary>Waits until every node tells that it has a revision; gives those that do not.</summary>
    private async Task<IReadOnlyList<string>> LateAsync(long revision, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var nodes = await NodeRecord.ReadAllAsync(store, cancellation);
            string[] late = [.. nodes.Where(node => node.Secrets < revision).Select(node => node.Name)];
            if (late.Length == 0 || time.GetElapsedTime(since) >= Patience)
            {
                return late;
            }

            await Task.Delay(Look, time, cancellation);
        }
    }
}
