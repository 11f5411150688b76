using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

// POLICY.md section 2, tlsMinVersion: nothing is proven under a TLS that is older than policy takes, and the end has its own reason.
public class TlsVersionTests
{
    private const string External = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";
    private const string Dialback = "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";
    private const string Violation = "S: <stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>";

    private static readonly NegotiationTerms Strict = Terms.Any with { MinimumTls = TlsVersion.Tls13 };

    private static FakeRules Rules(NegotiationTerms terms) => new FakeRules().Partner("p1.example", terms).Partner("p2.example", Strict);

    [Theory]
    [InlineData("any")]
    [InlineData("sasl")]
    [InlineData("tls-dialback")]
    public void Inbound_TooOld_EndsBehindOurHeader(string terms) => InboundDialogue.Check(Rules(Terms.Parse(terms) with { MinimumTls = TlsVersion.Tls13 }), $"""
        tls: 1.2 p1.example
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        {Violation}
        * close tls-version-too-low
        """, directTls: true);

    [Theory]
    [InlineData("1.2 p1.example", TlsVersion.Tls12)]
    [InlineData("p1.example", TlsVersion.Tls12)]
    [InlineData("p1.example", TlsVersion.Tls13)]
    public void Inbound_NewEnough_IsOfferedAll(string tls, TlsVersion minimum) => InboundDialogue.Check(Rules(Terms.Any with { MinimumTls = minimum }), $"""
        tls: {tls}
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features>{External}{Dialback}</stream:features>
        """, directTls: true);

    [Fact]
    public void Inbound_AnotherDomainThatNeedsMore_ItsDialbackIsRefused() => InboundDialogue.Check(Rules(Terms.Any), $"""
        tls: 1.2 p1.example
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features>{External}{Dialback}</stream:features>
        C: <db:result from='p2.example' to='edge.example'>KEY</db:result>
        S: <db:result from='edge.example' to='p2.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>
        * dialback refused edge.example<-p2.example policy-violation
        """, directTls: true);

    [Fact]
    public void Inbound_AsksAboutAKeyUnderATlsTooOld_IsToldNothing() => InboundDialogue.Check(Rules(Terms.Any), """
        tls: 1.2 p1.example
        C: <stream:stream to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' version='1.0'>
        S: <stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
        C: <db:verify from='p2.example' to='edge.example' id='s7'>KEY</db:verify>
        S: <db:verify from='edge.example' to='p2.example' id='s7' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:verify>
        """, directTls: true);

    [Fact]
    public void Inbound_PlainWhereThatIsAllowed_IsNotTls() => InboundDialogue.Check(Rules(Strict), $"""
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>{Dialback}</stream:features>
        """);

    [Theory]
    [InlineData("any")]
    [InlineData("sasl")]
    [InlineData("tls-dialback")]
    public void Outbound_TooOld_EndsBeforeAnythingIsSaid(string terms)
        => new OutboundDialogue(Terms.Parse(terms) with { MinimumTls = TlsVersion.Tls13 }, directTls: true).Play("""
            start:
            * start tls
            tls: 1.2 p1.example
            * close tls-version-too-low
            """);

    [Fact]
    public void Outbound_TooOldForALookup_EndsToo()
        => new OutboundDialogue(Strict, new OutboundGoal.Verify(OutboundDialogue.Pair, "s7", "KEY"), directTls: true).Play("""
            start:
            * start tls
            tls: 1.2 untrusted
            * close tls-version-too-low
            """);

    // CERT-21, CERT-22: a trusted certificate with a key that is not expected proves nothing, and says so.
    [Theory]
    [InlineData("pin-mismatch", "certificate-pin-mismatch")]
    [InlineData("key-changed", "certificate-key-changed")]
    [InlineData("tlsa-missing", "certificate-tlsa-missing")]
    [InlineData("tlsa-unavailable", "certificate-tlsa-unavailable")]
    [InlineData("tlsa-mismatch", "certificate-tlsa-mismatch")]
    [InlineData("untrusted", "certificate-untrusted")]
    [InlineData("none", "certificate-missing")]
    [InlineData("p3.example", "certificate-wrong-name")]
    public void Certificate_ThatProvesNothing_HasItsOwnReasonBothWays(string shown, string reason)
    {
        InboundDialogue.Check(Rules(Terms.SaslOnly), $"""
            tls: {shown}
            C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
            S: <stream:features></stream:features>
            {Violation}
            * close {reason}
            """, directTls: true);
        new OutboundDialogue(Terms.SaslOnly, directTls: true).Play($"""
            start:
            * start tls
            tls: {shown}
            * close {reason}
            """);
    }

    [Theory]
    [InlineData("pin-mismatch")]
    [InlineData("key-changed")]
    public void Sasl_SentAllTheSame_NotAuthorized(string shown) => InboundDialogue.Check(Rules(Terms.Any), $"""
        tls: {shown}
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features>{Dialback}</stream:features>
        C: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
        S: <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>
        """, directTls: true);
}
