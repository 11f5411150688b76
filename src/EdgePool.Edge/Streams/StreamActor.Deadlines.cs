using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>Everything that time does to the stream.</content>
internal abstract partial class StreamActor
{
    private const string NegotiationTimer = "negotiation";
    private const string HandshakeTimer = "handshake";
    private const string TickTimer = "tick";
    private const string CloseTimer = "close";
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(5);

    /// <summary>True when the peer has come far enough without TLS, and may.</summary>
    protected abstract bool MayStayPlain { get; }

    /// <summary>The pair that the stream is to be for, proven or not; null as long as nobody has said.</summary>
    protected abstract DomainPair? Claimed { get; }

    /// <summary>True while an authoritative server is asked on the peer's behalf: its time is not the peer's, once.</summary>
    protected virtual bool AwaitsVerification => false;

    /// <summary>Called every few seconds while the stream is up and a partner on it has keep-alive on; see <see cref="Streams.KeepAlive"/>.</summary>
    /// <param name="interval">The gateway's.</param>
    protected abstract void KeepAlive(TimeSpan interval);

    private void OnDeadline(Deadline deadline)
    {
        switch (deadline.Name)
        {
            case CloseTimer when yielding:
                Detach();
                break;
            case CloseTimer:
                Context.Stop(Self);
                break;
            case HandshakeTimer when MayStayPlain || AwaitsVerification:
                break;
            case NegotiationTimer when AwaitsVerification && !extended:
                extended = true;
                Timers.StartSingleTimer(NegotiationTimer, new Deadline(NegotiationTimer), Edge.Options.Timeouts.Verification);
                break;
            default:
                Perform(CloseWith(StreamEndReason.NegotiationTimeout, new StreamError(StreamErrorCondition.ConnectionTimeout), $"{deadline.Name} took too long"));
                break;
        }
    }

    private void OnTick()
    {
        if (writer!.Blocked > Edge.Options.Timeouts.Write)
        {
            Cut(StreamEndReason.WriteTimeout, "the peer takes nothing of what we send");
            return;
        }

        accounts?.OnTick();
        LookAtTlsa();
        if (Certificate?.Expires < Edge.Time.GetUtcNow() && Standing().Exists(v => v is not null))
            Perform(CloseWith(StreamEndReason.CertificateExpired, new StreamError(StreamErrorCondition.Reset), "the certificate that proved the peer's name has expired"));
        else if (pump!.ElementAge > Edge.Options.Timeouts.Stanza)
            Perform(CloseWith(StreamEndReason.StanzaTimeout, new StreamError(StreamErrorCondition.ConnectionTimeout), "a stanza began and did not end in time"));
        else if (!Resuming && accounts?.Sent.Age > Edge.Options.Timeouts.Acknowledgement)
            Perform(CloseWith(StreamEndReason.AcknowledgementTimeout, new StreamError(StreamErrorCondition.ConnectionTimeout), "the peer does not acknowledge what it was sent"));
        else if ((Gateway?.StreamInactivityTimeout ?? Edge.Options.Timeouts.Idle) is var idle && pump.Silence > idle && writer.Silence > idle)
            Perform(CloseWith(StreamEndReason.IdleTimeout, error: null, "nothing came and nothing went"), deliver: true);
        else if (Gateway is { } gateway && Edge.Policy.Current is var policy && Pairs.Any(p => policy.Find(p.Remote) is { EnableKeepAlive: true }))
            KeepAlive(gateway.KeepAliveInterval);
    }

    private sealed record Deadline(string Name);

    private sealed class Tick
    {
        public static Tick Instance { get; } = new();
    }
}
