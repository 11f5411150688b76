using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Streams;

/// <summary>What the owner of a stream has to do next, in the given order: a closed set.</summary>
public abstract record NegotiationEffect
{
    private NegotiationEffect()
    {
    }

    /// <summary>Send these bytes.</summary>
    /// <param name="Xml">UTF-8.</param>
    public sealed record Send(ReadOnlyMemory<byte> Xml) : NegotiationEffect;

    /// <summary>
    /// Secure the connection, then call OnTlsEstablished (or Close with <see cref="StreamEndReason.TlsFailed"/>) and read on with a new framer.
    /// On a stream that we accepted, bytes already read belong to the handshake; on one that we opened there must be none.
    /// </summary>
    public sealed record StartTls : NegotiationEffect;

    /// <summary>Read on with a new framer: a new stream header follows.</summary>
    public sealed record Restart : NegotiationEffect;

    /// <summary>Read on; where the header binds no prefix <c>db</c>, it is bound to the namespace of dialback from here on.</summary>
    public sealed record AssumeDialbackPrefix : NegotiationEffect;

    /// <summary>Stanzas of this pair may flow from now on.</summary>
    /// <param name="Pair">The pair.</param>
    /// <param name="Method">How it was proven.</param>
    public sealed record Authenticated(DomainPair Pair, AuthenticationMethod Method) : NegotiationEffect
    {
        /// <summary>Policy allows a better method, and the peer could not, or would not, use it; count it.</summary>
        public bool SteppedDown { get; init; }

        /// <summary>Stream management (XEP-0198) was offered behind the authentication, by whoever took the stream: it may be enabled.</summary>
        public bool StreamManagement { get; init; }
    }

    /// <summary>Ask the authoritative server of the pair's remote domain about a key, and answer by OnVerification, whatever happens.</summary>
    /// <param name="Pair">The pair that the peer wants.</param>
    /// <param name="StreamId">The id of the stream that the key came on.</param>
    /// <param name="Key">The key, as it came.</param>
    public sealed record VerifyKey(DomainPair Pair, string StreamId, string Key) : NegotiationEffect;

    /// <summary>The authoritative server has spoken.</summary>
    /// <param name="Outcome">What it said.</param>
    public sealed record Answered(DialbackOutcome Outcome) : NegotiationEffect;

    /// <summary>A request for dialback was answered with an error because policy does not allow it; count it. Nobody was asked about the key.</summary>
    /// <param name="Pair">The pair that the peer wanted: a claim, not a proof.</param>
    /// <param name="Condition">What the peer was told.</param>
    public sealed record DialbackRefused(DomainPair Pair, StanzaErrorCondition Condition) : NegotiationEffect;

    /// <summary>A further pair that we asked for will not flow on this stream; the others stand.</summary>
    /// <param name="Pair">The pair.</param>
    /// <param name="Detail">Why, for our log.</param>
    public sealed record PairRefused(DomainPair Pair, string Detail) : NegotiationEffect;

    /// <summary>An element of stream management (XEP-0198) came.</summary>
    /// <param name="Element">In the namespace <c>urn:xmpp:sm:3</c>.</param>
    public sealed record Managed(XmlElement Element) : NegotiationEffect;

    /// <summary>An element was ignored; count it.</summary>
    /// <param name="Reason">A stable text: <c>unsolicited-dialback</c>, <c>bidi-not-offered</c>.</param>
    public sealed record Dropped(string Reason) : NegotiationEffect;

    /// <summary>Send the farewell, then close the connection. Nothing more is read.</summary>
    /// <param name="Reason">Why the stream ends.</param>
    /// <param name="Error">The stream error that we send, for the log; it is part of the farewell already. Null for none.</param>
    /// <param name="Detail">What exactly, for our log. May quote the peer: escape it.</param>
    public sealed record Close(StreamEndReason Reason, StreamError? Error, string Detail) : NegotiationEffect
    {
        /// <summary>The stream error, if any, and the end of the stream; empty when our header is not sent, or where it could cross an answer with which the peer begins anew.</summary>
        public ReadOnlyMemory<byte> Farewell { get; init; }

        /// <summary>With <see cref="StreamEndReason.StreamErrorReceived"/>: the peer's error.</summary>
        public StreamError? Received { get; init; }
    }
}
