using System.Collections.Concurrent;
using EdgePool.Cluster.Peers;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Peers;

/// <summary>Who answers what at this node.</summary>
/// <param name="timeout">For one answer.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where it is said that one failed.</param>
internal sealed class PeerAnswers(TimeSpan timeout, TimeProvider time, ILogger log)
{
    private readonly ConcurrentDictionary<QuestionKind, Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>>> answers = new();

    public void Add(QuestionKind kind, Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer)
    {
        if (!answers.TryAdd(kind, answer))
            throw new InvalidOperationException($"somebody answers {kind} already");
    }

    /// <summary>Answers in time.</summary>
    /// <exception cref="PeerException">There is no answer, for this reason.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(string from, QuestionKind kind, ReadOnlyMemory<byte> question, CancellationToken cancellation)
    {
        if (!answers.TryGetValue(kind, out var answer))
            throw new PeerException($"nobody here answers questions of kind {(int)kind}");
        using var over = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellation);
        try
        {
            var given = await answer(from, question, either.Token).AsTask().WaitAsync(either.Token);
            return given.Length <= IPeerNetwork.Longest ? given : throw new PeerException("the answer is too long");
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new PeerException("the answer takes too long");
        }
        catch (Exception fault) when (fault is not PeerException)
        {
            Telemetry.PeerLog.AnswerFailed(log, (int)kind, from, fault);
            throw new PeerException("the answer failed");
        }
    }
}
