using EdgePool.Interop.Tests.Partners;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Interop.Tests.Negotiation.Peers;

/// <summary>What is to become of a cell, and why. Computed from the cell alone, before any server runs.</summary>
/// <param name="Text">As the table has it: <c>EXTERNAL</c>, <c>dialback</c>, the <see cref="StreamEndReason"/> of a refusal, or <c>cannot</c>.</param>
/// <param name="Why">The reason.</param>
internal sealed record PeerExpectation(string Text, string Why)
{
    public const string External = "EXTERNAL";
    public const string Dialback = "dialback";
    public const string Cannot = "cannot";

    /// <summary>The expectation of a cell.</summary>
    public static PeerExpectation Of(PeerCell cell) => cell switch
    {
        { Server: ServerKind.Jabberd2, Carrier: Carrier.DirectTls } => new(Cannot, "jabberd2 2.7 knows no direct TLS: no listener for it, and it asks for no _xmpps-server"),
        { Way: Way.Dialback } => new(Dialback, "policy leaves dialback alone, and dialback asks no certificate"),
        { Direction: Direction.Inbound } => Inbound(cell),
        _ => Outbound(cell),
    };

    // The peer authenticates itself to us: its certificate is judged, and ours is not (none of the servers here insists on it).
    private static PeerExpectation Inbound(PeerCell cell) => (Fault(cell.Shown), cell.Server) switch
    {
        ({ } fault, _) when cell.Way is Way.External => Refused(fault, "the certificate proves nothing, so EXTERNAL is not offered, and nothing else is allowed"),
        ({ }, _) => new(Dialback, "the certificate proves nothing, so EXTERNAL is not offered"),
        (null, ServerKind.Jabberd2) when cell.Way is Way.External => Refused(
            StreamEndReason.StreamErrorReceived, "jabberd2 knows no SASL between servers, asks for dialback, is refused it (policy-violation), and ends the stream"),
        (null, ServerKind.Jabberd2) => new(Dialback, "jabberd2 knows no SASL between servers"),
        _ => new(External, "the certificate proves the name; serverAuth is enough for us, and Prosody and ejabberd take EXTERNAL where it is offered"),
    };

    // We authenticate ourselves to the peer, but not before its certificate is found good enough for the way.
    private static PeerExpectation Outbound(PeerCell cell) => (Fault(cell.Shown), cell.Server) switch
    {
        ({ } fault, _) when cell.Way is Way.External => Refused(fault, "we authenticate to nobody whose name is not proven"),
        ({ }, _) => new(Dialback, "EXTERNAL towards an unproven name would say nothing, and policy allows dialback"),
        (null, ServerKind.Jabberd2) when cell.Way is Way.External => Refused(StreamEndReason.NoAllowedMethod, "jabberd2 offers no SASL between servers"),
        (null, ServerKind.Jabberd2) => new(Dialback, "jabberd2 offers no SASL between servers"),
        (null, ServerKind.Ejabberd) when cell.Shown is Shown.ServerAuthOnly && cell.Way is Way.External => Refused(
            StreamEndReason.SaslRejected, "ejabberd before 25.08 refuses a client's certificate without clientAuth"),
        (null, ServerKind.Ejabberd) when cell.Shown is Shown.ServerAuthOnly => new(Dialback, "ejabberd before 25.08 refuses EXTERNAL without clientAuth; dialback goes on"),
        _ => new(External, "both certificates prove their names, and the peer takes ours"),
    };

    private static PeerExpectation Refused(StreamEndReason reason, string why) => new(reason.ToText(), why);

    private static StreamEndReason? Fault(Shown shown) => shown switch
    {
        Shown.SelfSigned or Shown.Expired => StreamEndReason.CertificateUntrusted,
        Shown.WrongName => StreamEndReason.CertificateWrongName,
        _ => null,
    };
}
