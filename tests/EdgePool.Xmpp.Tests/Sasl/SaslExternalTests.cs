using System.Text;
using EdgePool.Xmpp.Streams;
using EdgePool.Xmpp.Tests.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Sasl;

// RFC 6120 section 6 and XEP-0178 section 3, on streams that a peer opens.
public class SaslExternalTests
{
    private const string External = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";
    private const string Dialback = "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";
    private const string Success = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";

    private static string Auth(string text) => $"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>{text}</auth>";

    private static string Failure(string condition) => $"S: <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><{condition}/></failure>";

    private static string Error(string condition)
        => $"S: <stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>";

    /// <summary>TLS is up, the peer claims p1.example, features are sent.</summary>
    private static InboundDialogue Offered(string certificate = "p1.example", string terms = "sasl+tls-dialback", string remote = "p1.example")
    {
        var external = certificate.Split(' ').Contains(remote) && Terms.Parse(terms).AllowsSasl ? External : "";
        var dialback = Terms.Parse(terms).AllowsDialback(tls: true) ? Dialback : "";
        return new InboundDialogue(new FakeRules().Partner(remote, Terms.Parse(terms)).Partner("p2.example", Terms.Any), directTls: true).Play($"""
            tls: {certificate}
            C: <stream:stream from='{remote}' to='edge.example' version='1.0'>
            S: <stream:stream id='s1' from='edge.example' to='{remote}' version='1.0'>
            S: <stream:features>{external}{dialback}</stream:features>
            """);
    }

    [Theory]
    [InlineData("CERT-08", "=")]
    [InlineData("CERT-09", "cDEuZXhhbXBsZQ==")] // p1.example
    [InlineData("CERT-09", "UDEuRXhhbXBsZQ==")] // P1.Example
    public void Auth_ProvenName_SuccessAndPair(string id, string text)
    {
        var stream = Offered(terms: "sasl").Play($"""
            C: {Auth(text)}
            S: {Success}
            * restart
            C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s2' from='edge.example' to='p1.example' version='1.0'>
            S: <stream:features><sm xmlns='urn:xmpp:sm:3'/></stream:features>
            * authenticated edge.example<-p1.example SaslExternal managed
            """);
        Assert.True(stream.Negotiation.State is InboundState.Authenticated, id);
        Assert.Single(stream.Negotiation.Pairs);
    }

    [Theory] // CERT-01, CERT-02, CERT-19, CERT-21, CERT-26, CERT-33: whatever the chain or the names lack shows up as a verdict
    [InlineData("CERT-19", "none", "certificate-missing")]
    [InlineData("CERT-02", "untrusted", "certificate-untrusted")]
    [InlineData("CERT-26", "p3.example", "certificate-wrong-name")]
    public void Certificate_ProvesNothing_ExternalNotOffered(string id, string certificate, string reason)
    {
        Offered(certificate).Play($"""
            C: {Auth("=")}
            {Failure("not-authorized")}
            """);
        InboundDialogue.Check(new FakeRules().Partner("p1.example", Terms.SaslOnly), $"""
            tls: {certificate}
            C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
            S: <stream:features></stream:features>
            {Error("policy-violation")}
            * close {reason}
            """, directTls: true);
        Assert.NotEmpty(id);
    }

    [Theory]
    [InlineData("CERT-11", "cDIuZXhhbXBsZQ==", "invalid-authzid")] // p2.example, which the certificate covers too
    [InlineData("CERT-12", "YUBwMS5leGFtcGxl", "invalid-authzid")] // a@p1.example
    [InlineData("CERT-12", "cDEuZXhhbXBsZS9y", "invalid-authzid")] // p1.example/r
    [InlineData("CERT-12", "cDEuZXhhbXBsZQB4", "invalid-authzid")] // a NUL
    [InlineData("CERT-12", "/w==", "invalid-authzid")] // FF, no UTF-8
    [InlineData("CERT-13", "!!!!", "incorrect-encoding")]
    [InlineData("CERT-13", "cA=", "incorrect-encoding")]
    [InlineData("CERT-13", "cDEuZXhh\nbXBsZQ==", "incorrect-encoding")]
    [InlineData("CERT-13", "cDEu ZXhhbXBsZQ==", "incorrect-encoding")]
    [InlineData("CERT-13", "cDEuZXhhbXBsZR==", "incorrect-encoding")] // bits behind the end
    [InlineData("CERT-13", "-_-_", "incorrect-encoding")]
    [InlineData("CERT-13", "==", "incorrect-encoding")]
    [InlineData("RFC 6.5.8", "<x/>", "malformed-request")]
    public void Auth_BadIdentity_Failure(string id, string text, string condition)
    {
        var actual = Transcript.Render(Offered("p1.example p2.example").Negotiation.OnElement(Transcript.ReadElement(Auth(text))));
        Assert.Equal([id + Failure(condition)], actual.Select(a => id + a));
    }

    [Theory] // CERT-14
    [InlineData("mechanism='PLAIN'")]
    [InlineData("mechanism='external'")]
    [InlineData("")]
    [InlineData("mechanism='EXTERNAL '")]
    public void Auth_OtherMechanism_InvalidMechanism(string mechanism) => Offered().Play($"""
        C: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' {mechanism}>=</auth>
        {Failure("invalid-mechanism")}
        """);

    [Theory] // CERT-12, RFC 6120 6.4.2: no initial response
    [InlineData("")]
    [InlineData("=")]
    [InlineData("cDEuZXhhbXBsZQ==")]
    public void Auth_WithoutInitialResponse_Challenge(string response) => Offered().Play($"""
        C: {Auth("")}
        S: <challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
        C: <response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{response}</response>
        S: {Success}
        * restart
        """);

    [Fact]
    public void Response_WithOtherIdentity_InvalidAuthzid() => Offered("p1.example p2.example").Play($"""
        C: {Auth("")}
        S: <challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
        C: <response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>cDIuZXhhbXBsZQ==</response>
        {Failure("invalid-authzid")}
        """);

    [Fact]
    public void Exchange_OutOfOrder_CERT_16()
    {
        Offered().Play($"""
            C: <response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
            {Failure("not-authorized")}
            C: <abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
            {Failure("aborted")}
            """);
        Offered().Play($"""
            C: {Auth("")}
            S: <challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
            C: <abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
            {Failure("aborted")}
            C: {Auth("=")}
            S: {Success}
            * restart
            """);
        Offered().Play($"""
            C: {Auth("")}
            S: <challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
            C: {Auth("=")}
            {Error("policy-violation")}
            * close protocol-violation
            """);
    }

    [Fact]
    public void Auth_TwiceInARow_CERT_16()
    {
        var stream = Offered().Play($"""
            C: {Auth("=")}
            S: {Success}
            * restart
            """).Negotiation;
        var actual = Transcript.Render(stream.OnHeader(new StreamHeader("", "auth", XmppNamespaces.Sasl, XmppNamespaces.Sasl)));
        Assert.Equal([Error("policy-violation"), "* close protocol-violation"], actual.Skip(1));
    }

    [Fact]
    public void Stanza_BetweenAuthAndSuccess_CERT_17() => Offered().Play($"""
        C: {Auth("")}
        S: <challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
        C: <message from='a@p1.example' to='b@edge.example'/>
        {Error("not-authorized")}
        * close not-authorized
        """);

    [Theory]
    [InlineData("message")]
    [InlineData("presence")]
    [InlineData("iq")]
    public void Stanza_BetweenSuccessAndHeader_CERT_17(string name)
    {
        var stream = Offered().Play($"""
            C: {Auth("=")}
            S: {Success}
            * restart
            """).Negotiation;
        var actual = Transcript.Render(stream.OnHeader(new StreamHeader("", name, "", ""))).ToArray();
        Assert.Equal([Error("not-authorized"), "* close protocol-violation"], actual[1..]);
        Assert.StartsWith("S: <stream:stream id='s2'", actual[0], StringComparison.Ordinal);
        Assert.Empty(stream.Pairs);
    }

    [Theory] // CERT-16, CERT-17: in one segment with the auth, so that the next reader finds it where a header is due
    [InlineData("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>", "policy-violation")]
    [InlineData("<message from='a@p1.example' to='b@edge.example'><body>x</body></message>", "not-authorized")]
    [InlineData("<presence/>", "not-authorized")]
    public void Element_InOneSegmentWithAuth_StreamError(string element, string condition)
    {
        var stream = new InboundNegotiation(new NegotiationSettings(new FakeRules().Partner("p1.example", Terms.SaslOnly), new("x"), () => "s", true, DirectTls: true));
        stream.OnTlsEstablished(new FakeCertificate("p1.example"));
        var actual = Transcript.Render(new Wire(stream).Feed(Encoding.UTF8.GetBytes(
            Transcript.BytesOf("C: <stream:stream from='p1.example' to='edge.example' version='1.0'>") + Auth("=") + element))).ToArray();
        Assert.Equal([$"S: {Success}", "* restart", "S: <stream:stream id='s' from='edge.example' to='p1.example' version='1.0'>", Error(condition), "* close protocol-violation"], actual[2..]);
        Assert.Empty(stream.Pairs);
    }

    [Fact]
    public void Header_AfterSuccess_WithOtherFrom_CERT_18()
    {
        var stream = Offered("p1.example p2.example").Play($"""
            C: {Auth("=")}
            S: {Success}
            * restart
            C: <stream:stream from='p2.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s2' from='edge.example' to='p2.example' version='1.0'>
            {Error("improper-addressing")}
            * close improper-addressing
            """).Negotiation;
        Assert.Empty(stream.Pairs);
    }

    [Fact]
    public void Header_AfterSuccess_WhenPolicyNoLongerAllowsSasl_PolicyViolation() // POL-19
    {
        var rules = new FakeRules().Partner("p1.example", Terms.SaslOnly);
        const string Header = "<stream:stream from='p1.example' to='edge.example' version='1.0'>";
        var dialogue = new InboundDialogue(rules, directTls: true).Begin("tls: p1.example", $"C: {Header}", $"C: {Auth("=")}");
        rules.Partner("p1.example", Terms.TlsDialbackOnly);
        var effects = dialogue.Negotiation.OnHeader(Transcript.ReadHeader(Header));
        Assert.Equal(
            ["S: <stream:stream id='s2' from='edge.example' to='p1.example' version='1.0'>", Error("policy-violation"), "* close policy-changed"],
            Transcript.Render(effects));
        Assert.Empty(dialogue.Negotiation.Pairs);
    }

    [Fact]
    public void Failure_Third_PolicyViolation() => Offered().Play($"""
        C: {Auth("cDIuZXhhbXBsZQ==")}
        {Failure("invalid-authzid")}
        C: <abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
        {Failure("aborted")}
        C: {Auth("!")}
        {Error("policy-violation")}
        * close not-authorized
        """);

    [Fact]
    public void Auth_BeforeTls_EncryptionRequired() => InboundDialogue.Check(new FakeRules().Partner("p1.example", Terms.SaslOnly), // RFC 6120 6.5.4
        $"""
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>
        C: {Auth("=")}
        {Failure("encryption-required")}
        """);

    [Fact]
    public void Auth_OnAnAuthenticatedStream_PolicyViolation() => Offered().Play($"""
        C: {Auth("=")}
        S: {Success}
        * restart
        C: <stream:stream from='p1.example' to='edge.example' version='1.0'>
        S: <stream:stream id='s2' from='edge.example' to='p1.example' version='1.0'>
        S: <stream:features>{Dialback}<sm xmlns='urn:xmpp:sm:3'/></stream:features>
        * authenticated edge.example<-p1.example SaslExternal managed
        C: {Auth("=")}
        {Error("policy-violation")}
        * close protocol-violation
        """);

    [Fact]
    public void Header_WithoutFromAfterTls_ExternalNotOffered() => InboundDialogue.Check(new FakeRules().Partner("p1.example", Terms.Any), // XEP-0178 3 step 10
        $"""
        tls: p1.example
        C: <stream:stream to='edge.example' version='1.0'>
        S: <stream:stream id='s1' from='edge.example' version='1.0'>
        S: <stream:features>{Dialback}</stream:features>
        C: {Auth("cDEuZXhhbXBsZQ==")}
        {Failure("not-authorized")}
        """, directTls: true);

    [Fact]
    public void Auth_InternationalName_CERT_32()
        => InboundDialogue.Check(new FakeRules().Partner("xn--bcher-kva.example", Terms.SaslOnly), $"""
            tls: xn--bcher-kva.example
            C: <stream:stream from='bücher.example' to='edge.example' version='1.0'>
            S: <stream:stream id='s1' from='edge.example' to='bücher.example' version='1.0'>
            S: <stream:features>{External}</stream:features>
            C: {Auth("eG4tLWJjaGVyLWt2YS5leGFtcGxl")}
            S: {Success}
            * restart
            """, directTls: true);
}
