using System.Globalization;
using System.Net.Sockets;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Secrets;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Pool;

/// <summary>One thing that was looked at.</summary>
/// <param name="What">What.</param>
/// <param name="Problem">What keeps the node from joining, and what to do; null: nothing.</param>
internal sealed record JoinFinding(string What, string? Problem);

/// <summary>Looks at what would keep a node from joining its pool, and changes nothing.</summary>
/// <param name="store">The pool's store.</param>
/// <param name="name">The node's name.</param>
/// <param name="cluster">Its pool.</param>
/// <param name="time">This machine's clock.</param>
internal sealed class JoinCheck(ICoordinator store, string name, ClusterSettings cluster, TimeProvider time)
{
    /// <summary>What clocks may differ by: leases are told by each node's own clock and certificates by the hour, but logs are compared.</summary>
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(2);

    /// <summary>Looks.</summary>
    /// <exception cref="Cluster.Documents.StoreException">The store does not answer.</exception>
    public async Task<IReadOnlyList<JoinFinding>> RunAsync(CancellationToken cancellation)
    {
        var nodes = await NodeRecord.ReadAllAsync(store, cancellation);
        return
        [
            new JoinFinding(string.Create(CultureInfo.InvariantCulture, $"etcd answers; {nodes.Count(InPool)} nodes are in pool {cluster.Pool}"), Problem: null),
            new JoinFinding("the name", NameProblem(nodes)),
            new JoinFinding("the address", AddressProblem(nodes)),
            new JoinFinding("the clock", ClockProblem(nodes)),
            new JoinFinding("the pool's secrets", await SecretsProblemAsync(cancellation)),
        ];
    }

    private bool InPool(NodeRecord node) => string.Equals(node.Pool, cluster.Pool, StringComparison.Ordinal);

    private string? NameProblem(IReadOnlyList<NodeRecord> nodes)
        => nodes.FirstOrDefault(node => string.Equals(node.Name, name, StringComparison.Ordinal)) is { } same
            ? $"{name} is in pool {same.Pool} now, at {same.Peer} — if that is this node, it has joined; else give one of them another name"
            : null;

    private string? AddressProblem(IReadOnlyList<NodeRecord> nodes)
    {
        var (address, reached) = (cluster.Peer.ToString(), cluster.Advertise ?? cluster.Peer.ToString());
        if (nodes.FirstOrDefault(node => string.Equals(node.Peer, reached, StringComparison.Ordinal)) is { } same)
        {
            return $"{reached} is where {same.Name} is reached — write an address of this node's own under cluster: {{ {(cluster.Advertise is null ? "peer" : "advertise")}: … }}";
        }

        try
        {
            using var socket = new Socket(cluster.Peer.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(cluster.Peer);
            return null;
        }
        catch (SocketException fault)
        {
            return $"this machine cannot listen on {address}: {fault.SocketErrorCode} — write an address of its own under cluster: {{ peer: … }}, or end who listens there";
        }
    }

    /// <summary>A node that started in this clock's future: this one is behind. That it is ahead cannot be seen here.</summary>
    private string? ClockProblem(IReadOnlyList<NodeRecord> nodes)
    {
        var now = time.GetUtcNow();
        return nodes.Where(node => node.Started - now > Apart).MaxBy(node => node.Started) is { } ahead
            ? string.Create(CultureInfo.InvariantCulture, $"this clock is behind that of {ahead.Name} by {(ahead.Started!.Value - now).TotalSeconds:0} s or more — let both follow one time source (timedatectl, chronyc tracking)")
            : null;
    }

    private async Task<string?> SecretsProblemAsync(CancellationToken cancellation)
    {
        try
        {
            await new SecretStore(store, cluster.SecretKeys).ReadAsync(PoolSecrets.Name, cancellation);
            return null;
        }
        catch (SecretException fault)
        {
            return fault.Message;
        }
    }
}
