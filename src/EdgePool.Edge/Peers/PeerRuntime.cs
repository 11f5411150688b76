using EdgePool.Cluster.Peers;
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
        Handshake = new PeerHandshake(pool, Node, edge.Options.Timeouts.UserTimeout, edge.Time);
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

    /// <summary>
    /// This node leaves service: others send it nothing more. Completes when each has heard so, and what it had sent by then has come; which the answer to a question shows, whatever it is, for frames keep
    /// their order. A node that does not answer at once is not waited for.
    /// </summary>
    public async Task LeaveAsync()
    {
        Stanzas.Leave();
        using var limit = new CancellationTokenSource(Pool.Timeouts.Suspicious, Time);
        await Task.WhenAll(Network.Linked.Select(node => AskAsync(node, limit.Token)));
    }

    private async Task AskAsync(string node, CancellationToken cancellation)
    {
        try
        {
            await Network.AskAsync(node, QuestionKind.Status, ReadOnlyMemory<byte>.Empty, cancellation);
        }
        catch (Exception fault) when (fault is PeerException or OperationCanceledException)
        {
            // that it has no answer is an answer too; and what a lost link carried, others account for
        }
    }
}
