using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;
using EdgePool.Xmpp.Tests.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Dialback;

// XEP-0220 section 2.2.1: a peer opens a stream to us and asks for pairs.
public class ReceivingServerTests
{
    private static string Request(string from, string to = "edge.example", string key = "KEY") => $"<db:result from='{from}' to='{to}'>{key}</db:result>";

    private static string Valid(string to) => $"<db:result from='edge.example' to='{to}' type='valid'/>";

    private static string Refusal(string to, string condition, string from = "edge.example")
        => $"<db:result from='{from}' to='{to}' type='error'><error type='cancel'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>";

    private static string Error(string condition)
        => $"S: <stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>";

    /// <summary>A plain stream from p1.example, with whom anything goes; so with q1 to q40.</summary>
    private static InboundDialogue Plain()
    {
        var rules = new FakeRules().Partner("p1.example", Terms.Any).Partner("p2.example", Terms.Any).Partner("strict.example", Terms.SaslOrTlsDialback);
        for (var i = 1; i <= 40; i++)
            rules.Partner($"q{i}.example", Terms.Any);
        return new InboundDialogue(rules).Play("""
            C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
            S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>
            """);
    }

    private static InboundDialogue PlainWithPair() => Plain().Play($"""
        C: {Request("p1.example")}
        * verify edge.example<-p1.example s1 KEY
        verified: p1.example s1 valid
        * authenticated edge.example<-p1.example DialbackOverTcp stepped down
        S: {Valid("p1.example")}
        """);

    /// <summary>A secured stream from p1.example under these terms.</summary>
    private static InboundDialogue Secured(string terms, string certificate)
    {
        return new InboundDialogue(new FakeRules().Partner("p1.example", Terms.Parse(terms)).Partner("p2.example", Terms.Parse(terms)), directTls: true)
            .Begin($"tls: {certificate}", "C: <stream:stream from='p1.example' to='edge.example' version='1.0'>");
    }

    [Fact]
    public void Result_ValidOverTls_PairAuthenticated() => Secured("tls-dialback", "none").Play($"""
        C: {Request("p1.example", key: "  KEY  ")}
        * verify edge.example<-p1.example s1 KEY
        verified: p1.example s1 valid
        * authenticated edge.example<-p1.example DialbackOverTls
        S: {Valid("p1.example")}
        """);

    [Fact]
    public void Result_OnlyPairInvalid_AnsweredAndClosed() => Plain().Play($"""
        C: {Request("p1.example")}
        * verify edge.example<-p1.example s1 KEY
        verified: p1.example s1 invalid
        S: <db:result from='edge.example' to='p1.example' type='invalid'/>
        S: </stream:stream>
        * close dialback-invalid
        """); // DB-16

    [Fact]
    public void Result_OtherPairInvalid_ForbiddenAndFirstLivesOn() // DB-15
    {
        var stream = PlainWithPair().Play($"""
            C: {Request("p2.example")}
            * verify edge.example<-p2.example s1 KEY
            verified: p2.example s1 invalid
            S: {Refusal("p2.example", "forbidden")}
            """).Negotiation;
        Assert.Equal(["p1.example"], stream.Pairs.Select(p => p.Remote.Ascii));
        Assert.Equal(InboundState.Authenticated, stream.State);
    }

    [Theory] // DB-21, DB-22, DB-23: the lookup failed
    [InlineData("RemoteServerNotFound", "remote-server-not-found")]
    [InlineData("RemoteServerTimeout", "remote-server-timeout")]
    public void Result_LookupFailed_ErrorAndStreamOpen(string outcome, string condition) => Plain().Play($"""
        C: {Request("p1.example")}
        * verify edge.example<-p1.example s1 KEY
        verified: p1.example s1 {outcome}
        S: {Refusal("p1.example", condition)}
        C: {Request("p1.example", key: "AGAIN")}
        * verify edge.example<-p1.example s1 AGAIN
        """);

    [Theory] // DB-22, DB-23
    [InlineData(StreamEndReason.NegotiationTimeout, "remote-server-timeout")]
    [InlineData(StreamEndReason.PeerClosed, "remote-server-not-found")]
    [InlineData(StreamEndReason.ConnectionLost, "remote-server-not-found")]
    [InlineData(StreamEndReason.StreamErrorReceived, "remote-server-not-found")]
    [InlineData(StreamEndReason.ConnectFailed, "remote-connection-failed")]
    [InlineData(StreamEndReason.TlsFailed, "not-acceptable")]
    [InlineData(StreamEndReason.CertificateTlsaMismatch, "not-acceptable")]
    [InlineData(StreamEndReason.NotAuthorized, "remote-server-not-found")]
    [InlineData(StreamEndReason.NoAllowedMethod, "not-acceptable")]
    [InlineData(StreamEndReason.Shutdown, "resource-constraint")]
    public void Unanswered_ByReason_NeverValid(StreamEndReason reason, string condition)
    {
        var outcome = DialbackOutcome.Unanswered(reason);
        Assert.Equal((DialbackVerdict.Error, condition), (outcome.Verdict, EdgePool.Xmpp.Stanzas.StanzaErrorConditionName.WireName(outcome.Condition)));
    }

    [Theory] // DB-11
    [InlineData("<db:result to='edge.example'>KEY</db:result>")]
    [InlineData("<db:result from='p1.example'>KEY</db:result>")]
    [InlineData("<db:result from='a@p1.example' to='edge.example'>KEY</db:result>")]
    [InlineData("<db:result from='p1.example' to='edge.example/r'>KEY</db:result>")]
    [InlineData("<db:result from='' to='edge.example'>KEY</db:result>")]
    public void Result_BadAddresses_ImproperAddressing(string request) => Plain().Play($"""
        C: {request}
        {Error("improper-addressing")}
        * close improper-addressing
        """);

    [Theory] // DB-11: no key
    [InlineData("<db:result from='p1.example' to='edge.example'/>")]
    [InlineData("<db:result from='p1.example' to='edge.example'>   </db:result>")]
    public void Result_NoKey_BadRequest(string request) => Plain().Play($"""
        C: {request}
        S: {Refusal("p1.example", "bad-request")}
        """);

    [Fact]
    public void Result_KeyAtTheLimit_PassedOnAndBeyondItRefused() => Plain().Play($"""
        C: {Request("p1.example", key: new string('k', 1_025))}
        S: {Refusal("p1.example", "bad-request")}
        C: {Request("p1.example", key: new string('k', 1_024))}
        * verify edge.example<-p1.example s1 {new string('k', 1_024)}
        """);

    [Fact]
    public void Verification_ValidAfterPolicyChanged_NotAuthenticated() // POL-19
    {
        var rules = new FakeRules().Partner("p1.example", Terms.Any);
        var stream = new InboundDialogue(rules).Begin(
            "C: <stream:stream from='p1.example' to='edge.example' version='1.0'>", $"C: {Request("p1.example")}").Negotiation;
        rules.Partner("p1.example", Terms.SaslOnly);
        var effects = stream.OnVerification(new DomainPair(DomainName.Parse("edge.example"), DomainName.Parse("p1.example")), "s1", DialbackOutcome.Valid);
        Assert.Equal([$"S: {Refusal("p1.example", "policy-violation")}", "* dialback refused edge.example<-p1.example policy-violation"], Transcript.Render(effects));
        Assert.Empty(stream.Pairs);
    }

    [Fact]
    public void Result_RefusedByRule_ErrorAndStreamOpen() => PlainWithPair().Play($"""
        C: {Request("p1.example", to: "other.example")}
        S: {Refusal("p1.example", "item-not-found", from: "other.example")}
        * dialback refused other.example<-p1.example item-not-found
        C: {Request("edge.example")}
        S: {Refusal("edge.example", "forbidden")}
        * dialback refused edge.example<-edge.example forbidden
        C: {Request("internal.example")}
        S: {Refusal("internal.example", "forbidden")}
        * dialback refused edge.example<-internal.example forbidden
        C: {Request("stranger.example")}
        S: {Refusal("stranger.example", "policy-violation")}
        * dialback refused edge.example<-stranger.example policy-violation
        C: {Request("strict.example")}
        S: {Refusal("strict.example", "policy-violation")}
        * dialback refused edge.example<-strict.example policy-violation
        C: {Request("p1.example")}
        S: {Valid("p1.example")}
        """); // DB-12, DB-13, POLICY.md section 1

    [Fact]
    public void Result_UntrustedCertificateWhereRequired_PolicyViolation() => Secured("trusted-tls-dialback", "p2.example").Play($"""
        C: {Request("p1.example")}
        S: {Refusal("p1.example", "policy-violation")}
        * dialback refused edge.example<-p1.example policy-violation
        C: {Request("p2.example")}
        * verify edge.example<-p2.example s1 KEY
        """); // DB-10

    [Fact]
    public void Result_TrustedCertificateWherePolicyAllows_ValidWithoutLookup() => Secured("dialback-by-certificate", "p1.example").Play($"""
        C: {Request("p1.example", key: "rubbish")}
        * authenticated edge.example<-p1.example DialbackByCertificate
        S: {Valid("p1.example")}
        C: {Request("p2.example", key: "rubbish")}
        * verify edge.example<-p2.example s1 rubbish
        """); // DB-25, DB-26

    [Fact]
    public void Result_TrustedCertificateWherePolicyDoesNotAllow_Lookup() => Secured("tls-dialback", "p1.example").Play($"""
        C: {Request("p1.example", key: "rubbish")}
        * verify edge.example<-p1.example s1 rubbish
        """); // DB-25

    [Fact]
    public void Answer_OnAnInboundStream_Dropped() => Plain().Play("""
        C: <db:verify type='valid' from='p2.example' to='edge.example' id='X'/>
        * dropped unsolicited-dialback
        C: <db:result type='valid' from='p2.example' to='edge.example'/>
        * dropped unsolicited-dialback
        C: <db:result type='valid' from='p1.example'/>
        * dropped unsolicited-dialback
        """); // DB-05, DB-07

    [Fact]
    public void Stanza_WhilePending_NotAuthorized() => Plain().Play($"""
        C: {Request("p1.example")}
        * verify edge.example<-p1.example s1 KEY
        C: <message from='a@p1.example' to='b@edge.example'/>
        {Error("not-authorized")}
        * close not-authorized
        verified: p1.example s1 valid
        """); // DB-17

    [Fact]
    public void Result_TwiceForOnePair_OneLookupAnswersBoth() => Plain().Play($"""
        C: {Request("p1.example", key: "ONE")}
        * verify edge.example<-p1.example s1 ONE
        C: {Request("p1.example", key: "TWO")}
        verified: p1.example s1 valid
        * authenticated edge.example<-p1.example DialbackOverTcp stepped down
        S: {Valid("p1.example")}
        S: {Valid("p1.example")}
        verified: p1.example s1 valid
        """); // DB-18

    [Fact]
    public void Result_FifthForOnePendingPair_ResourceConstraint() => Plain().Play($"""
        C: {Request("p1.example")}
        * verify edge.example<-p1.example s1 KEY
        C: {Request("p1.example")}
        C: {Request("p1.example")}
        C: {Request("p1.example")}
        C: {Request("p1.example")}
        S: {Refusal("p1.example", "resource-constraint")}
        """);

    [Fact]
    public void Result_FifthPendingPair_ResourceConstraint() // DB-20
    {
        var stream = Plain();
        for (var i = 1; i <= 4; i++)
        {
            stream.Play($"""
                C: {Request($"q{i}.example")}
                * verify edge.example<-q{i}.example s1 KEY
                """);
        }

        stream.Play($"""
            C: {Request("q5.example")}
            S: {Refusal("q5.example", "resource-constraint")}
            verified: q1.example s1 RemoteServerNotFound
            S: {Refusal("q1.example", "remote-server-not-found")}
            C: {Request("q5.example")}
            * verify edge.example<-q5.example s1 KEY
            """);
    }

    [Fact]
    public void Result_SeventeenthPair_ResourceConstraint()
    {
        var stream = Plain();
        for (var i = 1; i <= 16; i++)
            stream.Begin($"C: {Request($"q{i}.example")}", $"verified: q{i}.example s1 valid");

        stream.Play($"""
            C: {Request("q17.example")}
            S: {Refusal("q17.example", "resource-constraint")}
            """);
        Assert.Equal(16, stream.Negotiation.Pairs.Count);
    }

    [Fact]
    public void Verification_LateOrForeign_DoesNothing() // DB-27
    {
        var stream = Plain().Play($"""
            C: {Request("p1.example")}
            * verify edge.example<-p1.example s1 KEY
            verified: p1.example s0 valid
            verified: p2.example s1 valid
            """).Negotiation;
        stream.Close(StreamEndReason.ConnectionLost, null, "gone");
        Assert.Empty(stream.OnVerification(new DomainPair(DomainName.Parse("edge.example"), DomainName.Parse("p1.example")), "s1", DialbackOutcome.Valid));
        Assert.Empty(stream.Pairs);
    }

    [Fact]
    public void Result_AfterFailedSaslWhereSaslIsRequired_PolicyViolation() => Secured("sasl", "p1.example").Play($"""
        C: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>cDIuZXhhbXBsZQ==</auth>
        S: <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><invalid-authzid/></failure>
        C: {Request("p1.example")}
        {Error("policy-violation")}
        * close not-authorized
        """); // DB-30

    [Fact]
    public void Result_WhereSaslIsRequired_DialbackError() => Secured("sasl", "p1.example").Play($"""
        C: {Request("p1.example")}
        S: {Refusal("p1.example", "policy-violation")}
        * dialback refused edge.example<-p1.example policy-violation
        """); // POLICY.md section 1: dialback off is answered, not ignored

    [Fact]
    public void Result_AfterFailedSaslWhereDialbackIsAllowed_Lookup() => Secured("sasl+tls-dialback", "none").Play($"""
        C: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
        S: <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>
        C: {Request("p1.example")}
        * verify edge.example<-p1.example s1 KEY
        """); // XEP-0178 section 3

    [Fact]
    public void Result_OtherPrefix_IsDialback() => Plain().Play("""
        C: <d:result xmlns:d='jabber:server:dialback' from='p1.example' to='edge.example'>KEY</d:result>
        * verify edge.example<-p1.example s1 KEY
        """); // NS-17

    [Fact]
    public void Result_OnASaslStream_AddsAPair() => Secured("sasl+tls-dialback", "p1.example").Play($"""
        C: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
        S: <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
        * restart
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s2' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback><sm xmlns='urn:xmpp:sm:3'/></stream:features>
        * authenticated edge.example<-p1.example SaslExternal managed
        C: {Request("p2.example")}
        * verify edge.example<-p2.example s2 KEY
        verified: p2.example s2 valid
        * authenticated edge.example<-p2.example DialbackOverTls stepped down
        S: {Valid("p2.example")}
        """); // XEP-0220 section 2.6
}
