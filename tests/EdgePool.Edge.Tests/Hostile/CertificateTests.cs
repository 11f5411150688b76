using System.Diagnostics;
using System.Formats.Asn1;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Testing.Certificates;
using Xunit;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>SASL EXTERNAL with hostile certificates and identities, through a live handshake: XEP-0178, RFC 9525, RFC 6120 section 13.7.</summary>
[Collection(nameof(HostileCollection))]
public sealed class CertificateTests(EdgeFixture fixture) : HostileTests<EdgeFixture>(fixture)
{
    private const string XmppAddress = "1.3.6.1.5.5.7.8.5";
    private const string ServiceName = "1.3.6.1.5.5.7.8.7";

    private static readonly Dictionary<string, (bool Accepted, Func<X509Certificate2, X509Certificate2> Make)> Leaves = new(StringComparer.Ordinal)
    {
        ["CERT-04 anyExtendedKeyUsage"] = (false, ca => HostileCertificates.Issue(ca, HostileCertificates.DnsNames("p1.example"), "CN=x", HostileCertificates.Usage("2.5.29.37.0"))),
        ["CERT-23 *.example"] = Named(false, "*.example"),
        ["CERT-23 *.p1.example"] = Named(false, "*.p1.example"),
        ["CERT-24 p*.example"] = Named(false, "p*.example"),
        ["CERT-24 *p1.example"] = Named(false, "*p1.example"),
        ["CERT-24 p1.*"] = Named(false, "p1.*"),
        ["CERT-24 *"] = Named(false, "*"),
        ["CERT-26 no alternative name"] = (false, ca => HostileCertificates.Issue(ca, alternativeNames: null, "CN=p1.example")),
        ["CERT-26 another alternative name"] = (false, ca => HostileCertificates.Issue(ca, HostileCertificates.DnsNames("p3.example"), "CN=p1.example")),
        ["CERT-27"] = (false, ca => HostileCertificates.Issue(ca, HostileCertificates.DnsNames("p3.example"), "OU=\"x, CN=p1.example\"")),
        ["CERT-28 NUL"] = Named(false, "p1.example\0.evil"),
        ["CERT-28 space"] = Named(false, "p1.example "),
        ["CERT-28 not ASCII"] = Named(false, "p1.example\u00e9"),
        ["CERT-29 xmppAddr"] = Other(true, XmppAddress, UniversalTagNumber.UTF8String, "p1.example"),
        ["CERT-29 xmppAddr of a user"] = Other(false, XmppAddress, UniversalTagNumber.UTF8String, "a@p1.example"),
        ["CERT-29 xmppAddr with a wildcard"] = Other(false, XmppAddress, UniversalTagNumber.UTF8String, "*.p1.example"),
        ["CERT-29 xmppAddr as IA5String"] = Other(false, XmppAddress, UniversalTagNumber.IA5String, "p1.example"),
        ["CERT-29 other type"] = Other(false, "1.3.6.1.5.5.7.8.99", UniversalTagNumber.UTF8String, "p1.example"),
        ["CERT-31 address"] = Several(names => names.AddIpAddress(IPAddress.Loopback)),
        ["CERT-31 URI"] = Several(names => names.AddUri(new Uri("xmpp:p1.example"))),
        ["CERT-31 mail"] = Several(names => names.AddEmailAddress("p1.example")),
        ["RFC 4985 SRVName"] = Other(true, ServiceName, UniversalTagNumber.IA5String, "_xmpp-server.p1.example"),
        ["RFC 4985 SRVName of another service"] = Other(false, ServiceName, UniversalTagNumber.IA5String, "_xmpp-client.p1.example"),
        ["RFC 4985 SRVName with a wildcard"] = Other(false, ServiceName, UniversalTagNumber.IA5String, "_xmpp-server.*.example"),
        ["CERT-33 good name"] = Named(true, "p1.example"),
    };

    public static TheoryData<string> LeafNames => [.. Leaves.Keys];

    // CERT-01, CERT-02, CERT-04: what the purposes of a certificate are worth.
    [Theory]
    [InlineData("CERT-01", LeafUsage.ServerOnly, true)]
    [InlineData("CERT-02", LeafUsage.ClientOnly, false)]
    [InlineData("CERT-04 absent", LeafUsage.None, true)]
    [InlineData("CERT-04 both", LeafUsage.Both, true)]
    public async Task Usage_DecidesWhetherANameIsProven(string id, LeafUsage usage, bool accepted)
    {
        Assert.False(string.IsNullOrEmpty(id));
        var leaf = edge.Authority.Issue(LeafRequest.For("p1.example") with { Usage = usage });
        await CheckAsync(accepted, leaf.Certificate);
    }

    // CERT-23 … CERT-29
    [Theory]
    [MemberData(nameof(LeafNames))]
    public async Task Name_IsProvenOrNot(string id)
    {
        var (accepted, make) = Leaves[id];
        using var leaf = make(edge.Authority.Root);
        await CheckAsync(accepted, leaf);
    }

    // CERT-23: a wildcard proves one label in its place, and no more.
    [Fact]
    public async Task Wildcard_CERT23_ProvesOneLabel()
    {
        await using var peer = await edge.AuthenticateAsync(edge.Others, "sub.p1.example");
        await peer.SendAsync("</stream:stream>");
        await peer.HearEndAsync();
    }

    // CERT-32: both spellings of a name, in the certificate and in the header.
    [Theory]
    [InlineData("xn--bcher-kva.example", null, "bücher.example")]
    [InlineData("xn--bcher-kva.example", null, "xn--bcher-kva.example")]
    [InlineData(null, "bücher.example", "bücher.example")]
    [InlineData(null, "xn--bcher-kva.example", "bücher.example")]
    public async Task Internationalised_CERT32_IsOneName(string? dnsName, string? xmppAddress, string from)
    {
        var names = dnsName is null
            ? HostileCertificates.OtherName(XmppAddress, UniversalTagNumber.UTF8String, xmppAddress!)
            : HostileCertificates.DnsNames(dnsName);
        using var leaf = HostileCertificates.Issue(edge.Authority.Root, names);
        await CheckAsync(accepted: true, from, leaf);
    }

    // CERT-06
    [Fact]
    public async Task Intermediate_CERT06_ForServersAlone_IsAccepted()
    {
        using var intermediate = HostileCertificates.IssueAuthority(edge.Authority.Root, isAuthority: true, HostileCertificates.Usage("1.3.6.1.5.5.7.3.1"));
        using var leaf = HostileCertificates.Issue(intermediate, HostileCertificates.DnsNames("p1.example"), "CN=x", HostileCertificates.Usage("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"));
        await CheckAsync(accepted: true, leaf, intermediate);
    }

    // CERT-33
    [Fact]
    public async Task NameConstraints_CERT33_OfAnIntermediate_Hold()
    {
        using var intermediate = HostileCertificates.IssueAuthority(edge.Authority.Root, isAuthority: true, HostileCertificates.Permits("p2.example"));
        using var leaf = HostileCertificates.Issue(intermediate, HostileCertificates.DnsNames("p1.example"));
        await CheckAsync(accepted: false, leaf, intermediate);
    }

    // CERT-34
    [Fact]
    public async Task Leaf_CERT34_UsedAsAuthority_IsRefused()
    {
        using var intermediate = HostileCertificates.IssueAuthority(edge.Authority.Root, isAuthority: false);
        using var leaf = HostileCertificates.Issue(intermediate, HostileCertificates.DnsNames("p1.example"));
        await CheckAsync(accepted: false, leaf, intermediate);
    }

    // CERT-37: whatever a certificate names is never fetched.
    [Fact]
    public async Task Pointers_CERT37_InACertificate_AreNotFollowed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var uri = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/";
        using var unsent = HostileCertificates.IssueAuthority(edge.Authority.Root, isAuthority: true);
        using var known = HostileCertificates.Issue(edge.Authority.Root, HostileCertificates.DnsNames("p1.example"), "CN=x", HostileCertificates.Pointers(uri));
        using var unknown = HostileCertificates.Issue(unsent, HostileCertificates.DnsNames("p1.example"), "CN=x", HostileCertificates.Pointers(uri));
        var since = Stopwatch.StartNew();
        await CheckAsync(accepted: true, known);
        await CheckAsync(accepted: false, unknown);
        Assert.InRange(since.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.False(listener.Pending());
    }

    // CERT-19
    [Fact]
    public async Task NoCertificate_CERT19_WhereOneIsDemanded_IsAPolicyViolation()
    {
        await using var peer = await edge.SecureAsync(certificate: null);
        await peer.SendAsync(Wire.Header());
        Assert.Matches($"^{Wire.OurHeader}<stream:features>((?!EXTERNAL).)*</stream:features>{Wire.StreamError("policy-violation")}$", (await peer.HearEndAsync()).Text);
        var (other, features) = await edge.OpenAsync(certificate: null, "d1.example");
        await using var _ = other;
        Assert.Contains("urn:xmpp:features:dialback", features, StringComparison.Ordinal);
        Assert.DoesNotContain("EXTERNAL", features, StringComparison.Ordinal);
    }

    // CERT-08, CERT-09, CERT-11 … CERT-14, CERT-16: what is asked for, in the text of the exchange.
    [Theory]
    [InlineData("CERT-08", "<auth mechanism='EXTERNAL'>=</auth>", "<success/>")]
    [InlineData("CERT-09", "<auth mechanism='EXTERNAL'>cDEuZXhhbXBsZQ==</auth>", "<success/>")]
    [InlineData("CERT-09 case", "<auth mechanism='EXTERNAL'>UDEuRXhhbXBsZQ==</auth>", "<success/>")]
    [InlineData("CERT-11", "<auth mechanism='EXTERNAL'>cDIuZXhhbXBsZQ==</auth>", "<failure><invalid-authzid/></failure>")]
    [InlineData("CERT-12 user", "<auth mechanism='EXTERNAL'>YUBwMS5leGFtcGxl</auth>", "<failure><invalid-authzid/></failure>")]
    [InlineData("CERT-12 resource", "<auth mechanism='EXTERNAL'>cDEuZXhhbXBsZS9y</auth>", "<failure><invalid-authzid/></failure>")]
    [InlineData("CERT-12 NUL", "<auth mechanism='EXTERNAL'>cDEuZXhhbXBsZQB4</auth>", "<failure><invalid-authzid/></failure>")]
    [InlineData("CERT-12 empty", "<auth mechanism='EXTERNAL'></auth>", "<challenge></challenge>", "<response></response>", "<success/>")]
    [InlineData("CERT-13 no base64", "<auth mechanism='EXTERNAL'>!!!!</auth>", "<failure><incorrect-encoding/></failure>")]
    [InlineData("CERT-13 padding", "<auth mechanism='EXTERNAL'>cA=</auth>", "<failure><incorrect-encoding/></failure>")]
    [InlineData("CERT-13 newline", "<auth mechanism='EXTERNAL'>cDEuZXhh\nbXBsZQ==</auth>", "<failure><incorrect-encoding/></failure>")]
    [InlineData("CERT-13 base64url", "<auth mechanism='EXTERNAL'>cDE_-_8=</auth>", "<failure><incorrect-encoding/></failure>")]
    [InlineData("CERT-14 PLAIN", "<auth mechanism='PLAIN'>=</auth>", "<failure><invalid-mechanism/></failure>")]
    [InlineData("CERT-14 case", "<auth mechanism='external'>=</auth>", "<failure><invalid-mechanism/></failure>")]
    [InlineData("CERT-14 missing", "<auth>=</auth>", "<failure><invalid-mechanism/></failure>")]
    [InlineData("CERT-14 space", "<auth mechanism='EXTERNAL '>=</auth>", "<failure><invalid-mechanism/></failure>")]
    [InlineData("CERT-16 response first", "<response/>", "<failure><not-authorized/></failure>")]
    [InlineData("CERT-16 abort", "<abort/>", "<failure><aborted/></failure>")]
    public async Task Exchange_GoesAsAskedFor(string id, params string[] dialogue)
    {
        Assert.False(string.IsNullOrEmpty(id));
        var both = edge.Authority.Issue("p1.example", "p2.example");
        var (peer, _) = await edge.OpenAsync(both, "p1.example");
        await using var _1 = peer;
        for (var i = 0; i < dialogue.Length; i += 2)
        {
            await peer.SendAsync(InSasl(dialogue[i]));
            await peer.HearAsync("^" + InSasl(dialogue[i + 1]).Replace("></challenge>", "(/>|></challenge>)", StringComparison.Ordinal));
        }
    }

    // The third failure on one stream ends it.
    [Fact]
    public async Task Failures_OnOneStream_AreThreeAtMost()
    {
        var (peer, _) = await edge.OpenAsync(edge.P1, "p1.example");
        await using var _1 = peer;
        await peer.SendAsync(Wire.Repeat("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>=</auth>", 3));
        var failure = Wire.Repeat("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><invalid-mechanism/></failure>", 2);
        Assert.Matches($"^{failure}{Wire.StreamError("policy-violation")}$", (await peer.HearEndAsync()).Text);
    }

    // CERT-16, CERT-17, CERT-18: what comes behind auth in one segment with it. POL-05: and without it.
    [Theory]
    [InlineData("CERT-16 two auths", true, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>", "policy-violation")]
    [InlineData("CERT-17 message", true, "<message from='a@p1.example' to='b@edge.example'/>", "not-authorized")]
    [InlineData("CERT-18", true, "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' from='p2.example' to='edge.example' version='1.0'>", "improper-addressing")]
    [InlineData("POL-05 message", false, "<message from='a@p1.example' to='b@edge.example'/>", "not-authorized")]
    [InlineData("POL-05 iq", false, "<iq type='get' id='1' from='a@p1.example' to='b@edge.example'/>", "not-authorized")]
    [InlineData("POL-05 presence", false, "<presence from='a@p1.example' to='b@edge.example'/>", "not-authorized")]
    public async Task Element_BeforeTheStreamIsAuthenticated_EndsIt(string id, bool auth, string element, string error)
    {
        Assert.False(string.IsNullOrEmpty(id));
        var success = auth ? "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>" + Wire.OurHeader : string.Empty;
        var bytes = Encoding.UTF8.GetBytes((auth ? InSasl("<auth mechanism='EXTERNAL'>=</auth>") : string.Empty) + element);
        foreach (var cut in new[] { bytes.Length, 1 })
        {
            var (peer, _) = await edge.OpenAsync(edge.P1, "p1.example");
            await using var _1 = peer;
            await peer.SendAsync(bytes.Chunk(cut).Select(c => (ReadOnlyMemory<byte>)c));
            Assert.Matches($"^{success}{Wire.StreamError(error)}$", (await peer.HearEndAsync()).Text);
            await edge.EndOfAsync(peer.LocalEndPoint);
        }

        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    // XML-57 before authentication: the thirty-third element.
    [Fact]
    public async Task Elements_BeforeAuthentication_AreThirtyTwoAtMost()
    {
        await using var peer = await RawPeer.ConnectAsync(edge.Outside);
        await peer.SendAsync([Wire.Encode(Wire.Header() + "<message>" + Wire.Repeat("<a>", 1_000_000))]);
        Assert.Matches($"{Wire.StreamError("policy-violation")}$", (await peer.HearEndAsync()).Text);
    }

    private static string InSasl(string element)
    {
        const string Namespace = " xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
        var name = element.IndexOfAny([' ', '/', '>'], 1);
        return element.Insert(name, Namespace);
    }

    private static (bool Accepted, Func<X509Certificate2, X509Certificate2> Make) Named(bool accepted, string name)
        => (accepted, ca => HostileCertificates.Issue(ca, HostileCertificates.DnsNames(name)));

    private static (bool Accepted, Func<X509Certificate2, X509Certificate2> Make) Other(bool accepted, string type, UniversalTagNumber form, string value)
        => (accepted, ca => HostileCertificates.Issue(ca, HostileCertificates.OtherName(type, form, value)));

    private static (bool Accepted, Func<X509Certificate2, X509Certificate2> Make) Several(Action<SubjectAlternativeNameBuilder> add)
    {
        var names = new SubjectAlternativeNameBuilder();
        add(names);
        return (false, ca => HostileCertificates.Issue(ca, names.Build().RawData));
    }

    private Task CheckAsync(bool accepted, X509Certificate2 leaf, params X509Certificate2[] intermediates) => CheckAsync(accepted, "p1.example", leaf, intermediates);

    /// <summary>Whether EXTERNAL is offered and taken; where it is not, the stream ends, for nothing else is allowed.</summary>
    private async Task CheckAsync(bool accepted, string from, X509Certificate2 leaf, params X509Certificate2[] intermediates)
    {
        await using var peer = await RawPeer.ConnectAsync(edge.Outside);
        var tls = EdgeFixture.ClientTls(certificate: null);
        tls.ClientCertificateContext = SslStreamCertificateContext.Create(leaf, [.. intermediates], offline: true);
        await peer.UpgradeAsync(tls);
        await peer.SendAsync(Wire.Header(from) + InSasl("<auth mechanism='EXTERNAL'>=</auth>"));
        if (accepted)
        {
            await peer.HearAsync("EXTERNAL.*</stream:features><success [^>]*>");
            return;
        }

        Assert.Matches($"^{Wire.OurHeader}<stream:features>((?!EXTERNAL).)*</stream:features>{Wire.StreamError("policy-violation")}$", (await peer.HearEndAsync()).Text);
        Assert.Matches("certificate-(untrusted|wrong-name)", (string)(await edge.EndOfAsync(peer.LocalEndPoint)).Values["Reason"]!);
    }
}
