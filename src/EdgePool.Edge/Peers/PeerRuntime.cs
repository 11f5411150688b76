using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Peers;

/// <summary>What the actors of the links share.</summary>
internal sealed record PeerRuntime(
    string Node, PoolOptions Pool, PeerNetwork Network, PeerAnswers Answers, PeerHandshake Handshake, DeadNodes Dead, TimeProvider Time, Random Random, ILogger Log, ILogger NodeLog)
{
    /// <param name="node">This node's name.</param>
    /// <param name="pool">Its pool.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Jitter.</param>
    /// <param name="log">For links.</param>
    /// <param name="nodeLog">For the listener.</param>
    public static PeerRuntime Create(string node, PoolOptions pool, TimeProvider time, Random random, ILogger log, ILogger nodeLog)
    {
        var answers = new PeerAnswers(pool.Timeouts.Question, time, log);
        var handshake = new PeerHandshake(pool, node, time);
        return new PeerRuntime(node, pool, new PeerNetwork(node, answers), answers, handshake, new DeadNodes(pool.Coordinator, handshake.RefusesAsync, time), time, random, log, nodeLog);
    }
}
