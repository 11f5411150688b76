using EdgePool.Edge.Partners;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

public sealed class StreamStandingTests
{
    private const AuthenticationMethods All = AuthenticationMethods.SaslOverTls | AuthenticationMethods.TlsDialback | AuthenticationMethods.TcpDialback;

    [Theory]
    [InlineData(AuthenticationMethod.SaslExternal, All, false, true, true)]
    [InlineData(AuthenticationMethod.SaslExternal, AuthenticationMethods.SaslOverTls, true, true, true)]
    [InlineData(AuthenticationMethod.SaslExternal, All, false, false, false)]
    [InlineData(AuthenticationMethod.SaslExternal, AuthenticationMethods.TlsDialback, false, true, false)]
    [InlineData(AuthenticationMethod.DialbackOverTls, All, false, false, true)]
    [InlineData(AuthenticationMethod.DialbackOverTls, All, true, false, false)]
    [InlineData(AuthenticationMethod.DialbackOverTls, All, true, true, true)]
    [InlineData(AuthenticationMethod.DialbackOverTls, AuthenticationMethods.TcpDialback, false, true, false)]
    [InlineData(AuthenticationMethod.DialbackOverTls, AuthenticationMethods.SaslOverTls, false, true, false)]
    [InlineData(AuthenticationMethod.DialbackOverTcp, All, false, false, true)]
    [InlineData(AuthenticationMethod.DialbackOverTcp, All, true, true, false)]
    [InlineData(AuthenticationMethod.DialbackOverTcp, AuthenticationMethods.TlsDialback, false, true, false)]
    [InlineData(AuthenticationMethod.DialbackByCertificate, All, false, true, false)]
    public void EndsWith_TermsOfNow_DecideByMethodAndProof(AuthenticationMethod method, AuthenticationMethods allowed, bool trustedCertificate, bool proven, bool stands)
    {
        var terms = new NegotiationTerms(allowed) { RequireTrustedCertificate = trustedCertificate };

        Assert.Equal(stands ? null : StreamErrorCondition.Reset, StreamStanding.EndsWith(terms, method, TlsVersion.Tls13, () => proven));
    }

    [Fact]
    public void EndsWith_DialbackByCertificate_StandsWhileItIsAllowedAndProven()
    {
        var terms = new NegotiationTerms(All) { DialbackWithoutDialback = true };

        Assert.Null(StreamStanding.EndsWith(terms, AuthenticationMethod.DialbackByCertificate, TlsVersion.Tls13, static () => true));
        Assert.Equal(StreamErrorCondition.Reset, StreamStanding.EndsWith(terms, AuthenticationMethod.DialbackByCertificate, TlsVersion.Tls13, static () => false));
    }

    // tlsMinVersion: a stream that is not under TLS at all is judged by its method alone.
    [Theory]
    [InlineData(AuthenticationMethod.SaslExternal, TlsVersion.Tls12, TlsVersion.Tls12, true)]
    [InlineData(AuthenticationMethod.SaslExternal, TlsVersion.Tls12, TlsVersion.Tls13, false)]
    [InlineData(AuthenticationMethod.SaslExternal, TlsVersion.Tls13, TlsVersion.Tls13, true)]
    [InlineData(AuthenticationMethod.DialbackOverTls, TlsVersion.Tls12, TlsVersion.Tls13, false)]
    [InlineData(AuthenticationMethod.DialbackOverTcp, null, TlsVersion.Tls13, true)]
    public void EndsWith_TlsOlderThanPolicyTakes_Resets(AuthenticationMethod method, TlsVersion? tls, TlsVersion minimum, bool stands)
        => Assert.Equal(stands ? null : StreamErrorCondition.Reset, StreamStanding.EndsWith(new NegotiationTerms(All) { MinimumTls = minimum }, method, tls, static () => true));

    [Theory]
    [InlineData(AuthenticationMethod.SaslExternal, StreamErrorCondition.PolicyViolation)]
    [InlineData(AuthenticationMethod.DialbackOverTcp, StreamErrorCondition.PolicyViolation)]
    [InlineData(AuthenticationMethod.ComponentHandshake, null)]
    public void EndsWith_NoTerms_EndsAllButComponents(AuthenticationMethod method, StreamErrorCondition? condition)
        => Assert.Equal(condition, StreamStanding.EndsWith(terms: null, method, tls: null, static () => true));
}
