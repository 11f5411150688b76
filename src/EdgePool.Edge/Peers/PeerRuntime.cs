using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Peers;

/// <summary>What the actors of the links share.</summary>
internal sealed class PeerRuntime
{
    /// <param name="edge">The node.</param>
    /// <param name="pool">Its pool.</param>
    public PeerRuntime(EdgeRuntime edge, PoolOptions pool)
    {
        (Edge, Pool, Node) = (edge, pool, edge.Options.NodeName);
        Answers = new PeerAnswers(pool.Timeouts.Question, edge.Time, Log);
        Network = new PeerNetwork(Node, Answers);
        Handshake = new PeerHandshake(pool, Node, edge.Time);
        Dead = new DeadNodes(pool.Coordinator, pool.Membership, Handshake.RefusesAsync, edge.Time);
        Stanzas = new LinkedStanzas(edge);
    }

    public EdgeRuntime Edge { get; }

    public PoolOptions Pool { get; }

    /// <summary>This node's name.</summary>
    public string Node { get; }

    public PeerAnswers Answers { get; }

    public PeerNetwork Network { get; }

    public PeerHandshake Handshake { get; }

    public DeadNodes Dead { get; }

    public LinkedStanzas Stanzas { get; }

    public TimeProvider Time => Edge.Time;

    public Random Random => Edge.Random;

    public ILogger Log => Edge.Logs.Peers;
}
