using System.Buffers;
using EdgePool.Server.Demo.Load;

namespace EdgePool.Server.Demo.Pool;

/// <summary>Numbered requests of one sender at the partner, and the answer to each. It may move from one node to another: then another component answers.</summary>
internal sealed class PairedFlow(int number, TimeProvider time)
{
    private readonly Lock gate = new();
    private long gaveUp;

    /// <summary>The sender's resource, by which its stanzas are known.</summary>
    public static string Resource(int number) => FormattableString.Invariant($"/n{number}");

    /// <summary>From the partner to the component.</summary>
    public NumberedFlow Requests { get; } = new($"user@{DemoScene.Partner}{Resource(number)}", $"answers@{DemoScene.Local}", time);

    /// <summary>From the component to the partner.</summary>
    public NumberedFlow Answers { get; } = new($"answers@{DemoScene.Local}", $"user@{DemoScene.Partner}{Resource(number)}", time);

    /// <summary>Answers by an error.</summary>
    public long Errors { get; private set; }

    /// <summary>Requests that nothing has come back for, and may still.</summary>
    public long Unanswered => Math.Max(0, Requests.Sent - Answers.Received - Errors - Volatile.Read(ref gaveUp));

    /// <summary>Requests without an answer whose node died with them: they, or their answers, were in its hands.</summary>
    public long GaveUp => Volatile.Read(ref gaveUp);

    /// <summary>The resource of an address, from 1; 0: none of ours.</summary>
    public static int NumberOf(ReadOnlySpan<byte> address)
        => address.LastIndexOf((byte)'/') is > 0 and var at && at + 2 < address.Length && address[at + 1] == (byte)'n' ? address[at + 2] - '0' : 0;

    /// <summary>At the component: checks a request and writes its answer.</summary>
    public void Answer(ReadOnlySpan<byte> request, IBufferWriter<byte> output)
    {
        lock (gate)
        {
            Requests.Receive(request);
            Answers.Write(output);
        }
    }

    /// <summary>At the partner: checks an answer.</summary>
    public void TakeAnswer(ReadOnlySpan<byte> answer, bool isError)
    {
        lock (gate)
        {
            if (isError)
            {
                Errors++;
            }
            else
            {
                Answers.Receive(answer);
            }
        }
    }

    /// <summary>The node that carried it is dead, and its streams with it: what is under way does not come.</summary>
    public void Lose() => Volatile.Write(ref gaveUp, gaveUp + Unanswered);
}
