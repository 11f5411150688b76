using EdgePool.Cluster.Peers;

namespace EdgePool.Cluster.Tests.Simulation;

/// <summary>A node's way to the others: questions and answers take time and get lost, each on its own, come late and in another order, and nothing passes between nodes that are apart.</summary>
internal sealed class SimulatedPeers(
    Simulator simulator, string name, SimulatedProcess process, Func<string, SimulatedPeers?> find, Func<string, string, bool> open, Func<double> loss) : IPeerNetwork
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Dictionary<QuestionKind, Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>>> answers = [];

    public void Answer(QuestionKind kind, Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer) => answers[kind] = answer;

    public ValueTask<ReadOnlyMemory<byte>> AskAsync(string node, QuestionKind kind, ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
    {
        if (string.Equals(node, name, StringComparison.Ordinal))
        {
            return answers[kind](name, question, cancellationToken);
        }

        var told = new TaskCompletionSource<ReadOnlyMemory<byte>>();
        simulator.After(Patience, () => process.Run(() => told.TrySetException(new PeerException($"{node} does not answer"))));
        Send(node, () =>
        {
            if (find(node) is { } other)
            {
                other.Hear(name, kind, question, said => Send(node, () => process.Run(() => told.TrySetResult(said))));
            }
        });
        return new ValueTask<ReadOnlyMemory<byte>>(told.Task);
    }

    private void Hear(string from, QuestionKind kind, ReadOnlyMemory<byte> question, Action<ReadOnlyMemory<byte>> reply)
        => process.Run(() => _ = AnswerAsync(from, kind, question, reply));

    private async Task AnswerAsync(string from, QuestionKind kind, ReadOnlyMemory<byte> question, Action<ReadOnlyMemory<byte>> reply)
        => reply(await answers[kind](from, question, default));

    private void Send(string other, Action arrive) => simulator.After(simulator.Between(0.1, simulator.Chance(0.02) ? 4000 : 20), () =>
    {
        if (open(name, other) && !simulator.Chance(loss()))
        {
            arrive();
        }
    });
}
