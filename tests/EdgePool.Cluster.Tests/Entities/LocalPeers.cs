using System.Collections.Concurrent;
using EdgePool.Cluster.Peers;

namespace EdgePool.Cluster.Tests.Entities;

/// <summary>Nodes of one process that ask each other, as long as nobody is apart.</summary>
public sealed class LocalPeers
{
    private readonly ConcurrentDictionary<(string Node, QuestionKind Kind), Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>>> answers = new();

    /// <summary>A node that nobody reaches, and that reaches nobody.</summary>
    public string? Apart { get; set; }

    /// <summary>Questions that were answered.</summary>
    public int Asked { get; private set; }

    /// <summary>The way from a node to the others.</summary>
    public IPeerNetwork From(string node) => new Network(this, node);

    private sealed class Network(LocalPeers peers, string self) : IPeerNetwork
    {
        public async ValueTask<ReadOnlyMemory<byte>> AskAsync(string node, QuestionKind kind, ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
        {
            Xunit.Assert.True(question.Length <= IPeerNetwork.Longest);
            if (peers.Apart is { } apart && (apart == self || apart == node))
            {
                throw new PeerException($"there is no link to node {node}");
            }

            peers.Asked++;
            return await peers.answers[(node, kind)](self, question, cancellationToken);
        }

        public void Answer(QuestionKind kind, Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer)
            => Xunit.Assert.True(peers.answers.TryAdd((self, kind), answer));
    }
}
