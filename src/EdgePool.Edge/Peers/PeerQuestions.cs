using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using EdgePool.Cluster.Peers;

namespace EdgePool.Edge.Peers;

/// <summary>
/// Questions on one link, both ways: <c>Question: id u32 | kind u8 | question</c>, <c>Answer: id u32 | answer</c>, <c>Refusal: id u32 | why, UTF-8</c>. So many may be under way, and
/// each has its deadline on the side that asks and on the side that answers.
/// </summary>
/// <param name="link">Where they go.</param>
/// <param name="answers">Who answers the other side.</param>
/// <param name="timeout">From asking to the answer.</param>
/// <param name="time">The clock.</param>
internal sealed class PeerQuestions(PeerLink link, PeerAnswers answers, TimeSpan timeout, TimeProvider time)
{
    /// <summary>Questions of ours without an answer.</summary>
    public const int MostAsked = 256;

    /// <summary>Questions of the other side that are being answered.</summary>
    public const int MostAnswered = 256;

    private const int IdBytes = sizeof(uint);
    private const int LongestReason = 512;

    private readonly ConcurrentDictionary<uint, TaskCompletionSource<ReadOnlyMemory<byte>>> asked = new();
    private readonly CancellationTokenSource ended = new();
    private int asking;
    private int answering;
    private uint last;

    /// <summary>Asks the other side.</summary>
    /// <exception cref="PeerException">No answer.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> AskAsync(QuestionKind kind, ReadOnlyMemory<byte> question, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref asking) > MostAsked)
        {
            Interlocked.Decrement(ref asking);
            throw new PeerException($"node {link.Peer.Node}: {MostAsked} questions have no answer yet");
        }

        var id = Interlocked.Increment(ref last);
        var answer = asked[id] = new TaskCompletionSource<ReadOnlyMemory<byte>>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            if (ended.IsCancellationRequested || !Send(FrameKind.Question, id, kind, question.Span))
                throw new PeerException($"node {link.Peer.Node}: the link has ended, or takes nothing");
            return await answer.Task.WaitAsync(timeout, time, cancellation);
        }
        catch (TimeoutException)
        {
            throw new PeerException($"node {link.Peer.Node} does not answer in time");
        }
        finally
        {
            asked.TryRemove(id, out _);
            Interlocked.Decrement(ref asking);
        }
    }

    /// <summary>Takes a frame of the other side's; false: it is none of these, or broken.</summary>
    public bool Take(FrameKind kind, ReadOnlyMemory<byte> body)
    {
        if (body.Length < IdBytes)
            return false;
        var id = BinaryPrimitives.ReadUInt32BigEndian(body.Span);
        var rest = body[IdBytes..];
        switch (kind)
        {
            case FrameKind.Question when rest.Length > 0 && rest.Length <= IPeerNetwork.Longest + 1:
                Begin(id, (QuestionKind)rest.Span[0], rest.Span[1..]);
                return true;
            case FrameKind.Answer when rest.Length <= IPeerNetwork.Longest:
                if (asked.TryRemove(id, out var answered)) // else it came too late
                    answered.TrySetResult(rest.ToArray());
                return true;
            case FrameKind.Refusal when rest.Length <= LongestReason:
                if (asked.TryRemove(id, out var refused))
                    refused.TrySetException(new PeerException($"node {link.Peer.Node}: {Telemetry.LogText.Of(Encoding.UTF8.GetString(rest.Span))}"));
                return true;
            default:
                return false;
        }
    }

    /// <summary>The link has ended: what was asked has no answer, and who still answers need not.</summary>
    public void End()
    {
        ended.Cancel();
        foreach (var (_, answer) in asked)
            answer.TrySetException(new PeerException($"node {link.Peer.Node}: the link has ended"));
    }

    private void Begin(uint id, QuestionKind kind, ReadOnlySpan<byte> question)
    {
        if (Interlocked.Increment(ref answering) <= MostAnswered)
        {
            _ = AnswerAsync(id, kind, question.ToArray());
            return;
        }

        Interlocked.Decrement(ref answering);
        Refuse(id, "too many questions at one time");
    }

    private async Task AnswerAsync(uint id, QuestionKind kind, byte[] question)
    {
        await Task.Yield(); // the link reads on
        try
        {
            var answer = await answers.AnswerAsync(link.Peer.Node, kind, question, ended.Token);
            if (!Send(FrameKind.Answer, id, kind: null, answer.Span))
                Refuse(id, "the answer does not fit on the link");
        }
        catch (PeerException why)
        {
            Refuse(id, why.Message);
        }
        catch (OperationCanceledException)
        {
            // the link has ended: nobody waits for the answer
        }
        finally
        {
            Interlocked.Decrement(ref answering);
        }
    }

    private void Refuse(uint id, string why)
    {
        var text = Encoding.UTF8.GetBytes(why);
        if (!Send(FrameKind.Refusal, id, kind: null, text.AsSpan(0, Math.Min(text.Length, LongestReason))))
            link.Cut("it asks and does not read the answers");
    }

    private bool Send(FrameKind frame, uint id, QuestionKind? kind, ReadOnlySpan<byte> rest)
    {
        Span<byte> head = stackalloc byte[IdBytes + 1];
        BinaryPrimitives.WriteUInt32BigEndian(head, id);
        head[IdBytes] = (byte)kind.GetValueOrDefault();
        return link.TrySend(frame, head[..(kind is null ? IdBytes : IdBytes + 1)], rest);
    }
}
