using EdgePool.Cluster.Membership;
using EdgePool.Server.Certificates;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Pool;

/// <summary>
/// The nodes of the cluster as this one last saw them, on its disk: one that starts while the store does not answer finds them there, and links to those that run, which know it
/// still. What the store says takes their place.
/// </summary>
/// <param name="folder">The node's folder.</param>
/// <param name="newest">The nodes as the store says; <see cref="PoolView.Empty"/> before it has said anything.</param>
/// <param name="time">For waits.</param>
/// <param name="log">Where to log.</param>
internal sealed class KeptNodes(string folder, Func<PoolView> newest, TimeProvider time, ILogger log)
{
    /// <summary>The file in the node's folder.</summary>
    public const string FileName = "nodes.json";

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly string file = Path.Combine(folder, FileName);
    private readonly PoolView kept = Read(Path.Combine(folder, FileName));

    /// <summary>The nodes as they are, or were.</summary>
    public PoolView View => newest() is { Revision: > 0 } said ? said : kept;

    /// <summary>Keeps what the store says until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var written = Reached(kept);
        while (!cancellation.IsCancellationRequested)
        {
            if (newest() is { Revision: > 0 } said && Reached(said) is var now && !now.SequenceEqual(written))
            {
                written = now;
                if (DiskFile.Write(file, said.ToBytes(), DiskFile.Private, replace: true) is { } fault)
                {
                    PoolLog.NodesNotKept(log, file, fault.ToString());
                }
            }

            await Task.Delay(Look, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What a link and the internal view need; the rest of a record changes all the time.</summary>
    private static (string Name, string Peer, string? Key, string? Inner)[] Reached(PoolView view)
        => [.. view.Nodes.Values.Select(static node => (node.Name, node.Peer, node.PeerKey, node.Inner))];

    private static PoolView Read(string file) => File.Exists(file) && DiskFile.Read(file, out _) is { } bytes ? PoolView.Read(bytes) : PoolView.Empty;
}
