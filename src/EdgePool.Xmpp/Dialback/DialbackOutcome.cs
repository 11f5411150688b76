using System.Runtime.InteropServices;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Dialback;

/// <summary>What became of a dialback key.</summary>
public enum DialbackVerdict
{
    /// <summary>It could not be found out.</summary>
    Error,

    /// <summary>The key is false.</summary>
    Invalid,

    /// <summary>The key is true.</summary>
    Valid,
}

/// <summary>The outcome of verifying a dialback key (XEP-0220 sections 2.1.2 and 2.5). The default value is an error, never valid.</summary>
/// <param name="Verdict">What became of the key.</param>
/// <param name="Condition">With an error: what to tell the peer.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct DialbackOutcome(DialbackVerdict Verdict, StanzaErrorCondition Condition)
{
    /// <summary>The key is true.</summary>
    public static DialbackOutcome Valid => new(DialbackVerdict.Valid, default);

    /// <summary>The key is false.</summary>
    public static DialbackOutcome Invalid => new(DialbackVerdict.Invalid, default);

    /// <summary>It could not be found out.</summary>
    public static DialbackOutcome Error(StanzaErrorCondition condition) => new(DialbackVerdict.Error, condition);

    /// <summary>For people: <c>valid</c>, <c>invalid</c>, or the condition.</summary>
    public string Describe() => Verdict is DialbackVerdict.Error ? Condition.WireName() : WireName<DialbackVerdict>.Of(Verdict);

    /// <summary>
    /// The outcome when the stream to the authoritative server ended without an answer (XEP-0220 section 2.5, the table). A connection that breaks is an error of the
    /// authoritative server like any other (section 2.1.2), and so <c>remote-server-not-found</c>.
    /// </summary>
    public static DialbackOutcome Unanswered(StreamEndReason reason) => Error(reason switch
    {
        StreamEndReason.NegotiationTimeout or StreamEndReason.IdleTimeout or StreamEndReason.WriteTimeout => StanzaErrorCondition.RemoteServerTimeout,
        StreamEndReason.ResourceConstraint or StreamEndReason.Shutdown => StanzaErrorCondition.ResourceConstraint,
        StreamEndReason.ConnectFailed => StanzaErrorCondition.RemoteConnectionFailed,
        >= StreamEndReason.TlsFailed and <= StreamEndReason.CertificateTlsaMismatch or StreamEndReason.NoAllowedMethod => StanzaErrorCondition.NotAcceptable,
        _ => StanzaErrorCondition.RemoteServerNotFound,
    });
}
