using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using Effects = System.Collections.Generic.IReadOnlyList<EdgePool.Xmpp.Streams.NegotiationEffect>;

namespace EdgePool.Xmpp.Streams;

/// <summary>
/// The frame of every negotiation: one state, changed in one place, and the same ways to end. Each call is one step: a switch on (state, what came)
/// that gives the next state and what to do.
/// </summary>
/// <typeparam name="TState">The states of the protocol.</typeparam>
public abstract class StreamNegotiation<TState> : IStreamNegotiation
    where TState : struct, Enum
{
    private readonly TState closed;

    private protected StreamNegotiation(TState first, TState closed) => (State, this.closed) = (first, closed);

    /// <summary>Where the stream stands.</summary>
    public TState State { get; private set; }

    private bool IsClosed => EqualityComparer<TState>.Default.Equals(State, closed);

    /// <inheritdoc/>
    public abstract Effects OnHeader(StreamHeader header);

    /// <inheritdoc/>
    public abstract Effects OnElement(XmlElement element);

    /// <inheritdoc/>
    public virtual Effects OnViolation(FramingViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        var reason = violation.Condition is StreamErrorCondition.PolicyViolation ? StreamEndReason.LimitExceeded : StreamEndReason.MalformedStream;
        var error = violation.StanzaTooBig ? StreamError.StanzaTooBig : new StreamError(violation.Condition);
        return Take(IsClosed ? Nothing() : End(reason, error, violation.Detail));
    }

    /// <inheritdoc/>
    public Effects Close(StreamEndReason reason, StreamError? error, string detail) => Take(
        IsClosed ? Nothing()
        : reason is StreamEndReason.PeerClosed ? End(reason, error, detail)
        : Leave(reason, error, detail));

    /// <summary>The one place that changes the state.</summary>
    private protected Effects Take(Step step)
    {
        State = step.Next;
        return step.Effects;
    }

    /// <summary>The end of the stream, with an error of ours, or with one that the peer sent.</summary>
    private protected abstract Step End(StreamEndReason reason, StreamError? error, string detail, StreamError? received = null);

    /// <summary>The end of the stream at a moment that nothing from the peer has set: what it has sent may still be under way.</summary>
    private protected virtual Step Leave(StreamEndReason reason, StreamError? error, string detail) => End(reason, error, detail);

    private protected Step Refuse(StreamErrorCondition condition, StreamEndReason reason, string detail) => End(reason, new StreamError(condition), detail);

    /// <summary>The peer's stream error is never answered with one.</summary>
    private protected Step PeerError(XmlElement element)
    {
        var error = StreamError.Read(element);
        return End(StreamEndReason.StreamErrorReceived, error: null, $"{error.Condition.WireName()}: {error.Text}", error);
    }

    // COMPAT: unbound-db-prefix
    private protected static IEnumerable<NegotiationEffect> DialbackPrefix(NegotiationTerms? terms)
        => terms is { UnboundDbPrefix: true } ? [new NegotiationEffect.AssumeDialbackPrefix()] : [];

    private protected Step Stay(params IEnumerable<NegotiationEffect> effects) => new(State, [.. effects]);

    private protected Step Nothing() => new(State, []);

    private protected readonly record struct Step(TState Next, Effects Effects);
}
