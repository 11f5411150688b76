namespace EdgePool.Cluster.Peers;

/// <summary>What nodes ask each other.</summary>
public enum QuestionKind : byte
{
    /// <summary>Of the owner of a partner's shard: stream leases, rate budgets, backoff.</summary>
    Entity = 1,

    /// <summary>Of a node: how it sees itself and the pool.</summary>
    Status = 2,

    /// <summary>Of the owner of a contact's domain: to write consents that users of the node that asks gave or revoked.</summary>
    Consent = 3,

    /// <summary>Of a node of another pool: to bring up a stream to a partner, for stanzas that leave by that pool.</summary>
    Exit = 4,

    /// <summary>Of a node: which partners' domains have streams to it.</summary>
    Arrivals = 5,
}

/// <summary>Questions between the nodes of a pool. Safe for use from several threads.</summary>
public interface IPeerNetwork
{
    /// <summary>A question or an answer is no longer than this, in bytes.</summary>
    const int Longest = 256 * 1024;

    /// <summary>Asks a node once.</summary>
    /// <param name="node">Its name; this node's own is answered in place.</param>
    /// <param name="kind">Which of its parts answers.</param>
    /// <param name="question">At most <see cref="Longest"/> bytes.</param>
    /// <param name="cancellationToken">Gives up waiting; there is a deadline besides.</param>
    /// <exception cref="PeerException">No answer: the node may have heard the question all the same.</exception>
    ValueTask<ReadOnlyMemory<byte>> AskAsync(string node, QuestionKind kind, ReadOnlyMemory<byte> question, CancellationToken cancellationToken);

    /// <summary>Names who answers questions of a kind at this node; before the first one comes. The first parameter is the name of the node that asks.</summary>
    void Answer(QuestionKind kind, Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer);
}

/// <summary>A node did not answer.</summary>
/// <param name="message">Which node, and why as far as it is known.</param>
public sealed class PeerException(string message) : Exception(message);
