using EdgePool.Interop.Tests.Partners;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Interop.Tests.Negotiation;

/// <summary>How a stream ends that neither side may authenticate, as we see it and as the peer's log has it.</summary>
/// <param name="Reason">Ours.</param>
/// <param name="PeerSays">What stands behind the pair of domains in the peer's log; null: nothing.</param>
internal sealed record MatrixRefusal(StreamEndReason Reason, string? PeerSays)
{
    /// <summary>The stream error that we send; null: none.</summary>
    public string? Sent { get; init; }

    /// <summary>The stream error that the peer sends; null: none.</summary>
    public string? Received { get; init; }

    /// <summary>The peer asks for dialback all the same and is answered with this stanza error; null: it does not ask.</summary>
    public string? DialbackAnswer { get; init; }

    /// <summary>The end of a stream that the peer opens. <paramref name="tls"/>: the row has TLS at all.</summary>
    public static MatrixRefusal OfInbound(ServerKind kind, PeerAbility peer, bool tls) => (kind, peer, tls) switch
    {
        (ServerKind.Prosody, PeerAbility.Unproven, _) => new(StreamEndReason.CertificateUntrusted, "policy-violation") { Sent = "policy-violation" },

        // It is offered STARTTLS, or SASL EXTERNAL, alone, and asks for dialback all the same.
        (ServerKind.Prosody, PeerAbility.Plain or PeerAbility.DialbackOnly, _) => new(StreamEndReason.StreamErrorReceived, "dialback authentication failed")
        {
            Received = "not-authorized",
            DialbackAnswer = "policy-violation",
        },

        // It sends STARTTLS, although that is not offered.
        (ServerKind.Prosody, PeerAbility.ExternalOnly, false) => new(StreamEndReason.ProtocolViolation, "TLS negotiation failed"),
        (ServerKind.Prosody, PeerAbility.ExternalOnly, true) =>
            new(StreamEndReason.StreamErrorReceived, "No viable authentication method offered") { Received = "unsupported-feature" },

        (ServerKind.Ejabberd, PeerAbility.Unproven, _) =>
            new(StreamEndReason.CertificateUntrusted, "Stream closed by peer: policy-violation") { Sent = "policy-violation" },
        (ServerKind.Ejabberd, PeerAbility.Plain, _) =>
            new(StreamEndReason.StreamErrorReceived, "Stream closed by local host: STARTTLS is disabled in local configuration") { Received = "unsupported-feature" },
        (ServerKind.Ejabberd, PeerAbility.ExternalOnly, false) =>
            new(StreamEndReason.StreamErrorReceived, "Stream closed by local host: Use of STARTTLS required") { Received = "policy-violation" },

        // It finds no mechanism and goes without a word.
        (ServerKind.Ejabberd, PeerAbility.ExternalOnly, true) => new(StreamEndReason.ConnectionLost, "authentication failed"),
        _ => throw new ArgumentOutOfRangeException(nameof(peer), peer, "this peer can meet every row"),
    };

    /// <summary>The end of a stream that we open. <paramref name="tls"/>: the row has TLS at all.</summary>
    public static MatrixRefusal OfOutbound(ServerKind kind, PeerAbility peer, bool tls) => (kind, peer, tls) switch
    {
        // We end it right behind the handshake, before a stream is opened that an error could go on.
        (ServerKind.Prosody, PeerAbility.Unproven, _) => new(StreamEndReason.CertificateUntrusted, PeerSays: null),
        (ServerKind.Prosody, PeerAbility.Plain, _) => new(StreamEndReason.TlsNotOffered, "policy-violation") { Sent = "policy-violation" },
        (ServerKind.Prosody, PeerAbility.ExternalOnly or PeerAbility.DialbackOnly, _) => new(StreamEndReason.NoAllowedMethod, "policy-violation") { Sent = "policy-violation" },

        (ServerKind.Ejabberd, PeerAbility.Unproven, _) => new(StreamEndReason.CertificateUntrusted, "Connection failed: connection closed"),
        (ServerKind.Ejabberd, PeerAbility.Plain, _) => new(StreamEndReason.TlsNotOffered, "Stream closed by peer: policy-violation") { Sent = "policy-violation" },

        // Its header declares dialback whether it has it or not (XEP-0220 section 2.2), so we try.
        (ServerKind.Ejabberd, PeerAbility.ExternalOnly, false) =>
            new(StreamEndReason.StreamErrorReceived, "Stream closed by local host: Use of STARTTLS required") { Received = "policy-violation" },
        (ServerKind.Ejabberd, PeerAbility.ExternalOnly, true) =>
            new(StreamEndReason.StreamErrorReceived, "Stream closed by local host: not-authorized") { Received = "not-authorized" },
        _ => throw new ArgumentOutOfRangeException(nameof(peer), peer, "this peer can meet every row"),
    };
}
