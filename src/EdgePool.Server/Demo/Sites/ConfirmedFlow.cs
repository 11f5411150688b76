using System.Buffers;
using EdgePool.Server.Demo.Load;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Server.Demo.Sites;

/// <summary>
/// The messages of one partner's user: numbered requests, the component's answer to each, and the user's confirmation of each answer. Nothing is sent into the dark: the
/// partner's server keeps what the edge has not acknowledged (XEP-0198), and the component, whose protocol has no acknowledgement (XEP-0114), keeps each answer until it is
/// confirmed. Both send again what went down with a node, so that it arrives at least once; the receiver tells doubles by their number.
/// </summary>
internal sealed class ConfirmedFlow
{
    private const string Component = "answers@" + DemoNames.Local;

    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly NumberedMessage confirmation;
    private readonly ArrayBufferWriter<byte> confirmations = new();
    private readonly Dictionary<long, Kept> unconfirmed = [];
    private int seenBroken;
    private long keptCount;
    private long sentAgain;
    private long confirmationsBounced;
    private Takeover? awaited;

    /// <param name="number">From 1 to 9, by which its stanzas are known.</param>
    /// <param name="partner">The partner's domain.</param>
    /// <param name="time">The clock.</param>
    public ConfirmedFlow(int number, string partner, TimeProvider time)
    {
        this.time = time;
        var user = FormattableString.Invariant($"user@{partner}/n{number}");
        Requests = new NumberedFlow(user, Component, time, named: true);
        Answers = new NumberedFlow(Component, user, time, named: true);
        confirmation = new NumberedMessage(user, "confirmed@" + DemoNames.Local, named: true);
    }

    /// <summary>From the partner to the component.</summary>
    public NumberedFlow Requests { get; }

    /// <summary>From the component to the partner.</summary>
    public NumberedFlow Answers { get; }

    /// <summary>Both.</summary>
    public IEnumerable<NumberedFlow> Both => [Requests, Answers];

    /// <summary>Messages of either side, of which the sender does not know yet what became of them.</summary>
    public long UnderWay => Requests.Missing + Math.Max(0, Volatile.Read(ref keptCount) - Volatile.Read(ref confirmationsBounced));

    /// <summary>Answered by an error.</summary>
    public long Bounced => Requests.Bounced + Answers.Bounced + Volatile.Read(ref confirmationsBounced);

    /// <summary>Messages that were sent again, because a node died before their sender knew what became of them.</summary>
    public long SentAgain => Volatile.Read(ref sentAgain);

    /// <summary>Called when there may be fewer messages under way.</summary>
    public Action Moved { get; set; } = static () => { };

    /// <summary>The number in a flow's addresses; 0: the address is in none.</summary>
    public static int NumberOf(ReadOnlySpan<byte> address)
        => address.LastIndexOf((byte)'/') is > 0 and var at && at + 2 < address.Length && address[at + 1] == (byte)'n' ? address[at + 2] - '0' : 0;

    /// <summary>Waits for the first answer to a request that came by certain sessions of the component.</summary>
    public Takeover Await(Func<BackEndSession, bool> by)
    {
        lock (gate)
        {
            return awaited = new Takeover(by, time);
        }
    }

    /// <summary>At the component: an error, a confirmation, or a request, to which it writes the answer.</summary>
    public void TakeAtComponent(in StanzaFrame stanza, BackEndSession by, ArrayBufferWriter<byte> output)
    {
        lock (gate)
        {
            if (stanza.Type.SequenceEqual("error"u8))
            {
                Forget(Answers.Bounce(stanza.Id));
            }
            else if (stanza.To.StartsWith("confirmed@"u8))
            {
                Forget(NumberedMessage.TryRead(stanza.Bytes, out var number, out _) ? number : -1);
            }
            else
            {
                WriteAgain(by, output);
                var before = Requests.Received;
                Requests.Receive(stanza.Bytes);
                if (Requests.Received > before)
                {
                    Answer(by, output);
                }
            }
        }
    }

    /// <summary>At the component: what it had said on sessions that broke, and nobody has confirmed.</summary>
    public void Again(BackEndSession by, ArrayBufferWriter<byte> output)
    {
        lock (gate)
        {
            WriteAgain(by, output);
        }
    }

    /// <summary>At the partner: an error, or an answer, which is confirmed with the next <see cref="TakeConfirmations"/>.</summary>
    public void TakeAtPartner(in StanzaFrame stanza)
    {
        lock (gate)
        {
            if (!stanza.Type.SequenceEqual("error"u8))
            {
                if (Answers.Receive(stanza.Bytes) is >= 0 and var number)
                {
                    confirmation.Write(confirmations, number, time.GetTimestamp());
                    awaited?.Answered(number);
                }
            }
            else if (stanza.From.StartsWith("confirmed@"u8))
            {
                Volatile.Write(ref confirmationsBounced, confirmationsBounced + 1);
            }
            else
            {
                Requests.Bounce(stanza.Id);
            }
        }
    }

    /// <summary>At the partner: the confirmations that wait to be sent.</summary>
    public byte[] TakeConfirmations()
    {
        lock (gate)
        {
            var taken = confirmations.WrittenSpan.ToArray();
            confirmations.ResetWrittenCount();
            return taken;
        }
    }

    /// <summary>So many were sent again.</summary>
    public void CountAgain(long messages) => Interlocked.Add(ref sentAgain, messages);

    private void Answer(BackEndSession by, ArrayBufferWriter<byte> output)
    {
        var at = output.WrittenCount;
        var number = Answers.Write(output);
        unconfirmed.Add(number, new Kept(output.WrittenSpan[at..].ToArray(), by));
        Volatile.Write(ref keptCount, unconfirmed.Count);
        awaited?.Asked(by, number);
    }

    private void Forget(long answer)
    {
        unconfirmed.Remove(answer);
        Volatile.Write(ref keptCount, unconfirmed.Count);
        Moved();
    }

    private void WriteAgain(BackEndSession by, ArrayBufferWriter<byte> output)
    {
        if (by.Broken is var broken && (broken == seenBroken || by.IsOver))
        {
            return;
        }

        seenBroken = broken;
        foreach (var (number, kept) in unconfirmed.Where(static answer => answer.Value.By.IsOver).OrderBy(static answer => answer.Key).ToArray())
        {
            output.Write(kept.Message);
            unconfirmed[number] = kept with { By = by };
            CountAgain(1);
        }
    }

    private sealed record Kept(byte[] Message, BackEndSession By);
}
