using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Streams;

/// <summary>What the owner of a stream tells its negotiation, whichever protocol is spoken. Each call gives what to do next, in order.</summary>
public interface IStreamNegotiation
{
    /// <summary>The peer's stream header.</summary>
    IReadOnlyList<NegotiationEffect> OnHeader(StreamHeader header);

    /// <summary>Any top-level element that is not a stanza of an authenticated stream.</summary>
    IReadOnlyList<NegotiationEffect> OnElement(XmlElement element);

    /// <summary>The bytes break a rule of XML or a limit.</summary>
    IReadOnlyList<NegotiationEffect> OnViolation(FramingViolation violation);

    /// <summary>Ends the stream for a reason of the owner's, also when the connection is gone. Does nothing on a closed stream.</summary>
    IReadOnlyList<NegotiationEffect> Close(StreamEndReason reason, StreamError? error, string detail);
}
