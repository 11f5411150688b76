using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Partners;

/// <summary>
/// Whether a pair that was authenticated may go on under the terms of now. Terms that became looser change nothing; the stream then is as good as one of
/// today, or better.
/// </summary>
internal static class StreamStanding
{
    /// <summary>What ends the stream; null: the pair stands.</summary>
    /// <param name="terms">What policy allows for the pair now; null: the remote domain is no allowed partner any more.</param>
    /// <param name="method">How the pair was authenticated.</param>
    /// <param name="tls">The version of TLS that the stream is under; null: none.</param>
    /// <param name="proven">True when the peer's certificate proves the remote domain under the roots of now; asked only where it counts.</param>
    /// <returns>
    /// <c>policy-violation</c> for a partner that is not allowed; <c>reset</c> (RFC 6120 section 4.9.3.16) where a new stream may do what this one did not.
    /// </returns>
    public static StreamErrorCondition? EndsWith(NegotiationTerms? terms, AuthenticationMethod method, TlsVersion? tls, Func<bool> proven)
    {
        if (method == AuthenticationMethod.ComponentHandshake)
            return null; // nobody's partner
        if (terms is null)
            return StreamErrorCondition.PolicyViolation;
        var stands = !(tls < terms.MinimumTls) && method switch
        {
            AuthenticationMethod.SaslExternal => terms.AllowsSasl && proven(),
            AuthenticationMethod.DialbackOverTls => terms.AllowsDialback(tls: true) && (!terms.RequireTrustedCertificate || proven()),
            AuthenticationMethod.DialbackOverTcp => terms.AllowsDialback(tls: false),
            AuthenticationMethod.DialbackByCertificate => terms.AllowsDialback(tls: true) && terms.DialbackWithoutDialback && proven(),
            _ => true,
        };
        return stands ? null : StreamErrorCondition.Reset;
    }
}
