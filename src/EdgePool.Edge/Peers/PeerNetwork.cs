using System.Collections.Concurrent;
using EdgePool.Cluster.Peers;

namespace EdgePool.Edge.Peers;

/// <summary>The links of a node, for those who ask on them. It waits for no link: who asks a node that is out of reach learns so at once.</summary>
/// <param name="self">This node's name.</param>
/// <param name="answers">Who answers here.</param>
internal sealed class PeerNetwork(string self, PeerAnswers answers) : IPeerNetwork
{
    private readonly ConcurrentDictionary<string, PeerQuestions> links = new(StringComparer.Ordinal);

    /// <summary>The nodes that there is a link to.</summary>
    public IReadOnlyCollection<string> Linked => [.. links.Keys];

    public ValueTask<ReadOnlyMemory<byte>> AskAsync(string node, QuestionKind kind, ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(question.Length, IPeerNetwork.Longest, nameof(question));
        if (string.Equals(node, self, StringComparison.Ordinal))
            return answers.AnswerAsync(self, kind, question, cancellationToken);
        return links.TryGetValue(node, out var questions)
            ? questions.AskAsync(kind, question, cancellationToken)
            : ValueTask.FromException<ReadOnlyMemory<byte>>(new PeerException($"there is no link to node {node}"));
    }

    public void Answer(QuestionKind kind, Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer) => answers.Add(kind, answer);

    public void Up(string node, PeerQuestions questions) => links[node] = questions;

    public void Down(string node, PeerQuestions questions)
    {
        links.TryRemove(new KeyValuePair<string, PeerQuestions>(node, questions));
        questions.End();
    }
}
