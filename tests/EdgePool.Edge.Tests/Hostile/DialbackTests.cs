using System.Globalization;
using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using Xunit;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>Hostile dialback: XEP-0220, XEP-0185, with real name servers and authoritative servers.</summary>
public sealed class DialbackTests(DialbackFixture fixture) : HostileTests<DialbackFixture>(fixture), IClassFixture<DialbackFixture>
{
    // DB-02, DB-03: the key of another stream or domain, or one that is nearly right.
    [Fact]
    public async Task Verify_DB02_DB03_OfAFalseKey_IsInvalid()
    {
        var keys = new DialbackKeys(EdgeFixture.DialbackSecret);
        var key = keys.KeyFor(DomainName.Parse("p2.example"), DomainName.Parse("edge.example"), "S");
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        foreach (var (text, type) in new[]
        {
            (key, "valid"), ($" {key}\n", "valid"), (key[..^1] + (key[^1] == '0' ? '1' : '0'), "invalid"), (key.ToUpperInvariant(), "invalid"), (key.Insert(9, " "), "invalid"), ("", "invalid"),
            (keys.KeyFor(DomainName.Parse("p2.example"), DomainName.Parse("edge.example"), "T"), "invalid"),
            (keys.KeyFor(DomainName.Parse("p1.example"), DomainName.Parse("edge.example"), "S"), "invalid"),
        })
        {
            await peer.SendAsync($"<db:verify from='p2.example' to='edge.example' id='S'>{text}</db:verify>");
            await peer.HearAsync($"^<db:verify from='edge.example' to='p2.example' id='S' type='{type}'/>");
        }
    }

    // DB-03: a key that is longer than anything may be before authentication ends the stream, as long as the stream may carry it at all; and beyond that.
    [Theory]
    [InlineData(8_192, false, "")]
    [InlineData(8_193, true, "")]
    [InlineData(1 << 20, true, "<stanza-too-big xmlns='urn:xmpp:errors'/>")]
    public async Task Verify_DB03_OfAKeyWithoutEnd_EndsTheStream(int length, bool ends, string application)
    {
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        var sending = peer.SendAsync([Wire.Encode($"<db:verify from='p2.example' to='edge.example' id='S'>{new string('a', length)}</db:verify>")]);
        if (ends)
            await ExpectEndAsync(peer, Wire.StreamError("policy-violation", application));
        else
            await peer.HearAsync("^<db:verify from='edge.example' to='p2.example' id='S' type='invalid'/>");
        await sending;
    }

    // DB-30, XEP-0178 section 1.2: where SASL alone is allowed, dialback behind a failed SASL ends the stream, and nobody is asked.
    [Fact]
    public async Task Request_DB30_BehindAFailedSasl_WhereSaslIsRequired_EndsTheStream()
    {
        var asked = edge.Names.Asked.Count;
        using var certificate = edge.Authority.Issue("p1.example");
        var (peer, _) = await edge.OpenAsync(certificate, "p1.example");
        await using var _1 = peer;
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>cDIuZXhhbXBsZQ==</auth>");
        await peer.HearAsync("^<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><invalid-authzid/></failure>");
        await peer.SendAsync(Result("p1.example"));
        await ExpectEndAsync(peer, Wire.StreamError("policy-violation"));
        Assert.Equal(asked, edge.Names.Asked.Count);
    }

    // XEP-0220 section 2.5: no connection to the authoritative server comes up.
    [Fact]
    public async Task AuthoritativeServer_ThatRefusesConnections_IsRemoteConnectionFailed()
    {
        var (peer, _) = await edge.OpenAsync(certificate: null, "refused.example");
        await using var _1 = peer;
        await peer.SendAsync(Result("refused.example"));
        await peer.HearAsync(Error("refused.example", "remote-connection-failed"));
    }

    // DB-05, DB-07: answers to nothing, on a stream where only requests come.
    [Theory]
    [InlineData("DB-05", "<db:verify type='valid' from='p2.example' to='edge.example' id='X'/>")]
    [InlineData("DB-07", "<db:result type='valid' from='p2.example' to='edge.example'/>")]
    public async Task Answer_DB05_DB07_OnAnInboundStream_IsDropped(string id, string answer)
    {
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await peer.SendAsync(answer + $"<message from='a@p2.example' to='b@edge.example' id='{id}'/>");
        await ExpectEndAsync(peer, Wire.StreamError("invalid-from"));
        Assert.Contains(edge.Log.Events, e => e.Id.Id == 1004 && "unsolicited-dialback".Equals(e.Values["Reason"]));
        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    // DB-06: the authoritative server of one domain answers for another; that other's question waits on.
    // DB-22: and is answered when its own time is over.
    [Fact]
    public async Task Answer_DB06_DB22_OnAnotherStream_IsDroppedAndTheQuestionTimesOut()
    {
        edge.Authority1.Verify = request => PartnerServer.Answer(request, "valid").Replace("d1.example", "d3.example", StringComparison.Ordinal);
        var (peer, _) = await edge.OpenAsync(certificate: null, "d1.example");
        await using var _1 = peer;
        var (asked, askedInVain) = (edge.Authority1.Verifications.Count, edge.Silent.Verifications.Count);
        await peer.SendAsync(Result("d3.example") + Result("d1.example"));
        await edge.WhenAsync(() => edge.Authority1.Verifications.Count > asked && edge.Silent.Verifications.Count > askedInVain);
        var answers = peer.HearAsync("</db:result>.*</db:result>");
        await edge.ExpectAtAsync(answers, TimeSpan.FromSeconds(30));
        Assert.Equal(2, System.Text.RegularExpressions.Regex.Count(await answers, "<remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"));
        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    // DB-08
    [Fact]
    public async Task Answer_DB08_ToNothing_OnOurOwnStream_IsDropped()
    {
        var before = edge.Log.Events.Count(e => e.Id.Id == 1004);
        edge.Authority1.BehindStanza = "<db:result type='valid' from='p2.example' to='edge.example'/>";
        await edge.Component.SendAsync("<message from='b@edge.example' to='unasked@d2.example' id='DB-08'/>");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await edge.Log.WaitForAsync(_ => edge.Log.Events.Count(e => e.Id.Id == 1004) > before, patience.Token);
        Assert.DoesNotContain(edge.Node.Streams.All, s => s.Pairs.Any(p => p.Remote.Ascii == "p2.example" && s.Kind == StreamKind.PartnerOutbound));
    }

    // DB-10, DB-11, DB-12, DB-13: requests that are refused without a lookup; the stream and its pair live on.
    [Theory]
    [InlineData("DB-10", "<db:result from='t1.example' to='edge.example'>k</db:result>", "policy-violation")]
    [InlineData("DB-11 no key", "<db:result from='d1.example' to='edge.example'/>", "bad-request")]
    [InlineData("DB-11 blank key", "<db:result from='d1.example' to='edge.example'> \n</db:result>", "bad-request")]
    [InlineData("DB-12", "<db:result from='d1.example' to='elsewhere.example'>k</db:result>", "item-not-found")]
    [InlineData("DB-13", "<db:result from='edge.example' to='edge.example'>k</db:result>", "forbidden")]
    [InlineData("dialback is off", "<db:result from='p2.example' to='edge.example'>k</db:result>", "policy-violation")] // POLICY.md section 1
    [InlineData("DB-13 other", "<db:result from='away.example' to='edge.example'>k</db:result>", "forbidden")]
    public async Task Request_DB10_DB11_DB12_DB13_ThatIsRefused_CostsNoLookup(string id, string request, string condition)
    {
        Assert.False(string.IsNullOrEmpty(id));
        var (asked, refused) = (edge.Names.Asked.Count, edge.Node.Streams.DialbackRefusals);
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await peer.SendAsync(request);
        await peer.HearAsync($"^<db:result from='[^']*' to='[^']*' type='error'><error type='cancel'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>");
        await peer.SendAsync(Wire.Body("x") + "</stream:stream>");
        await ExpectEndAsync(peer, "</stream:stream>");
        Assert.Single(await edge.HeardAtComponentAsync(1));
        Assert.Equal(asked, edge.Names.Asked.Count);
        Assert.Equal(condition == "bad-request" ? refused : refused + 1, edge.Node.Streams.DialbackRefusals);
    }

    // DB-11
    [Theory]
    [InlineData("to='edge.example'")]
    [InlineData("from='d1.example'")]
    [InlineData("from='a@d1.example' to='edge.example'")]
    [InlineData("from='d1.example' to='edge.example/r'")]
    public async Task Request_DB11_WithBadAddresses_EndsTheStream(string addresses)
    {
        var (peer, _) = await edge.OpenAsync(certificate: null, "d1.example");
        await using var _1 = peer;
        await peer.SendAsync($"<db:result {addresses}>k</db:result>");
        await ExpectEndAsync(peer, Wire.StreamError("improper-addressing"));
    }

    // DB-15, DB-17
    [Fact]
    public async Task SecondPair_DB15_PendingThenInvalid_LeavesTheFirst()
    {
        edge.Authority1.Verify = request => PartnerServer.Answer(request, request.Attribute("to")!.Value == "d1.example" ? "valid" : "invalid");
        var (peer, _) = await edge.OpenAsync(certificate: null, "d1.example");
        await using var _1 = peer;
        await peer.SendAsync(Result("d1.example"));
        await peer.HearAsync("^<db:result from='edge.example' to='d1.example' type='valid'/>");
        await peer.SendAsync(Result("d2.example"));
        await peer.HearAsync(Error("d2.example", "forbidden"));
        await peer.SendAsync("<message from='a@d1.example' to='b@edge.example' id='DB-15'/>");
        Assert.Equal("DB-15", Assert.Single(await edge.HeardAtComponentAsync(1)).Attribute("id")?.Value);
        await peer.SendAsync("<message from='a@d2.example' to='b@edge.example'/>");
        await ExpectEndAsync(peer, Wire.StreamError("invalid-from"));
        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    // DB-25: with dialbackWithoutDialback the certificate proves the name, and nobody is asked about the key.
    [Fact]
    public async Task Request_DB25_OfAProvenName_WithoutDialback_IsValidWithoutALookup()
    {
        using var certificate = edge.Authority.Issue("w1.example");
        var (asked, questions) = (edge.Names.Asked.Count, edge.Authority1.Verifications.Count);
        var (peer, _) = await edge.OpenAsync(certificate, "w1.example");
        await using var _1 = peer;
        await peer.SendAsync(Result("w1.example"));
        await peer.HearAsync("^<db:result from='edge.example' to='w1.example' type='valid'/>");
        await peer.SendAsync("<message from='a@w1.example' to='b@edge.example' id='DB-25'/>");
        Assert.Equal("DB-25", Assert.Single(await edge.HeardAtComponentAsync(1)).Attribute("id")?.Value);
        Assert.Equal((asked, questions), (edge.Names.Asked.Count, edge.Authority1.Verifications.Count));
        Assert.Contains(edge.Log.Events, e => e.Id.Id == 1003 && Equals(e.Values["Method"], Xmpp.Streams.AuthenticationMethod.DialbackByCertificate));
    }

    // DB-26, CVE-2021-32919: the same partner's other name, which the certificate does not prove, is looked up like any other.
    [Fact]
    public async Task Request_DB26_OfAnUnprovenName_WithoutDialback_IsLookedUp()
    {
        using var certificate = edge.Authority.Issue("w1.example");
        edge.Authority1.Verify = request => PartnerServer.Answer(request, "invalid");
        var questions = edge.Authority1.Verifications.Count;
        var (peer, _) = await edge.OpenAsync(certificate, "w2.example");
        await using var _1 = peer;
        await peer.SendAsync(Result("w2.example"));
        await ExpectEndAsync(peer, "<db:result from='edge.example' to='w2.example' type='invalid'/></stream:stream>");
        Assert.Equal(questions + 1, edge.Authority1.Verifications.Count);
    }

    // DB-16; DB-25, DB-26: without dialback by certificate, the key is what counts, whatever the certificate proves.
    [Theory]
    [InlineData("DB-16", null)]
    [InlineData("DB-25", "d1.example")]
    [InlineData("DB-26", "d2.example")]
    public async Task OnlyPair_DB16_DB25_DB26_ThatIsInvalid_EndsTheStream(string id, string? proven)
    {
        Assert.False(string.IsNullOrEmpty(id));
        edge.Authority1.Verify = request => PartnerServer.Answer(request, "invalid");
        var asked = edge.Authority1.Verifications.Count;
        var (peer, _) = await edge.OpenAsync(proven is null ? null : edge.Authority.Issue(proven), "d1.example");
        await using var _1 = peer;
        await peer.SendAsync(Result("d1.example"));
        await ExpectEndAsync(peer, "<db:result from='edge.example' to='d1.example' type='invalid'/></stream:stream>");
        Assert.Equal(asked + 1, edge.Authority1.Verifications.Count);
        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    // DB-17
    [Fact]
    public async Task Stanza_DB17_WhileItsPairIsPending_IsNotAuthorizedAndNotQueued()
    {
        edge.Authority1.Verify = _ => string.Empty;
        var (peer, _) = await edge.OpenAsync(certificate: null, "d1.example");
        await using var _1 = peer;
        await peer.SendAsync(Result("d1.example") + "<message from='a@d1.example' to='b@edge.example'/>");
        await ExpectEndAsync(peer, Wire.StreamError("not-authorized"));

        await using var other = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await other.SendAsync(Result("d1.example") + "<message from='a@d1.example' to='b@edge.example'/>");
        await ExpectEndAsync(other, Wire.StreamError("invalid-from"));
        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    // DB-18
    [Fact]
    public async Task TwoKeys_DB18_ForOnePair_CostOneLookup()
    {
        edge.Authority1.Verify = request => PartnerServer.Answer(request, "valid");
        var asked = edge.Authority1.Verifications.Count;
        var (peer, _) = await edge.OpenAsync(certificate: null, "d1.example");
        await using var _1 = peer;
        await peer.SendAsync(Result("d1.example", "first") + Result("d1.example", "second"));
        await peer.HearAsync("^<db:result from='edge.example' to='d1.example' type='valid'/><db:result from='edge.example' to='d1.example' type='valid'/>");
        Assert.Equal("first", Assert.Single(edge.Authority1.Verifications.Skip(asked)).Value);
    }

    // DB-23
    [Fact]
    public async Task AuthoritativeServer_DB23_ThatCloses_IsAnErrorAndNeverValid()
    {
        edge.Authority1.Verify = _ => null;
        var (peer, _) = await edge.OpenAsync(certificate: null, "d1.example");
        await using var _1 = peer;
        await peer.SendAsync(Result("d1.example"));
        await peer.HearAsync(Error("d1.example", "remote-server-not-found"));
        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    // DB-27: the stream that asked is gone before the answer.
    [Fact]
    public async Task Answer_DB27_ForAStreamThatIsGone_DoesNothing()
    {
        var gate = new ManualResetEventSlim();
        edge.Authority1.Verify = request =>
        {
            gate.Wait(TimeSpan.FromSeconds(10));
            return PartnerServer.Answer(request, "valid");
        };
        var (peer, _) = await edge.OpenAsync(certificate: null, "d1.example");
        var asked = edge.Authority1.Verifications.Count;
        await peer.SendAsync(Result("d1.example"));
        await edge.WhenAsync(() => edge.Authority1.Verifications.Count > asked);
        peer.Reset();
        await edge.EndOfAsync(peer.LocalEndPoint);
        gate.Set();
        var (next, _) = await edge.OpenAsync(certificate: null, "d1.example");
        await using var _1 = next;
        await next.SendAsync("<message from='a@d1.example' to='b@edge.example'/>");
        await ExpectEndAsync(next, Wire.StreamError("not-authorized"));
    }

    // DB-20: four lookups a stream, sixteen an address; the rest is refused at once.
    [Fact]
    public async Task ManyDomains_DB20_AreLookedUpAFewAtATime()
    {
        var peers = new List<RawPeer>();
        var asked = edge.Silent.Verifications.Count;
        for (var n = 0; n < 5; n++)
        {
            var (peer, _) = await edge.OpenAsync(certificate: null, "r0.slow.example");
            peers.Add(peer);
            var requests = string.Concat(Enumerable.Range(0, 40).Select(i => Result(string.Create(CultureInfo.InvariantCulture, $"r{i}.slow.example"))));
            await peer.SendAsync(requests);
            var refused = n < 4 ? 36 : 40;
            for (var i = 0; i < refused; i++)
                await peer.HearAsync("^<db:result [^>]*type='error'><error type='cancel'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>");
        }

        await edge.WhenAsync(() => edge.Silent.Verifications.Count - asked >= 16);
        Assert.Equal(16, edge.Silent.Verifications.Count - asked);
        Assert.Equal(16, edge.Node.Streams.All.Count(s => s.Kind == StreamKind.PartnerOutbound && s.Peer.Contains("slow.example", StringComparison.Ordinal)));
        foreach (var peer in peers)
            await peer.DisposeAsync();
        await edge.WhenAsync(() => !edge.Node.Streams.All.Any(s => s.Peer.Contains("slow.example", StringComparison.Ordinal)));
    }

    // DB-21: nobody connects to us where a stranger's DNS points at our own networks, or at another service's port.
    [Theory]
    [InlineData("loopback.example")]
    [InlineData("private.example")]
    [InlineData("linklocal.example")]
    [InlineData("mapped.example")]
    [InlineData("ssh.example")]
    [InlineData("smtp.example")]
    [InlineData("zero.example")]
    public async Task Stranger_DB21_WhoseNamesLeadInside_IsNotFollowed(string domain)
    {
        var connections = edge.Authority1.Connections;
        var (peer, _) = await edge.OpenAsync(certificate: null, domain);
        await using var _1 = peer;
        await peer.SendAsync(Result(domain));
        await peer.HearAsync(Error(domain, "remote-server-not-found"));
        Assert.Equal(connections, edge.Authority1.Connections);
    }

    // DB-28
    [Fact]
    public void StreamIds_DB28_OfAMillionStreams_AreDistinct()
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 1_000_000; i++)
            Assert.True(ids.Add(StreamIds.New()));
        Assert.All(ids.Take(100), id => Assert.Equal(32, id.Length));
    }

    private static string Result(string from, string key = "k") => $"<db:result from='{from}' to='edge.example'>{key}</db:result>";

    private static string Error(string domain, string condition)
        => $"^<db:result from='edge.example' to='{domain}' type='error'><error type='cancel'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>";

    private static async Task ExpectEndAsync(RawPeer peer, string pattern)
    {
        var end = await peer.HearEndAsync();
        Assert.Matches($"^{pattern}$", end.Text);
        Assert.True(end is { CloseNotify: true, Fin: true });
    }
}

/// <summary>Open federation, with authoritative servers that a test scripts.</summary>
public sealed class DialbackFixture : VirtualTimeFixture
{
    /// <summary>A network of loopback that counts as public here.</summary>
    private static readonly IPAddress PublicHere = IPAddress.Parse("127.66.0.1");

    internal PartnerServer Authority1 { get; private set; } = null!;

    /// <summary>Takes every question and answers none.</summary>
    internal PartnerServer Silent { get; private set; } = null!;

    /// <summary>A port that is taken, and where nobody listens.</summary>
    private Socket Closed { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public override async ValueTask InitializeAsync()
    {
        Closed.Bind(new IPEndPoint(PublicHere, 0));
        Authority1 = new PartnerServer("d1.example", Authority.Issue("d1.example", "d2.example"));
        Silent = new PartnerServer("d3.example", Authority.Issue("d3.example"), PublicHere) { Verify = _ => string.Empty };
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Authority1.DisposeAsync();
        await Silent.DisposeAsync();
        Closed.Dispose();
    }

    protected override EdgeOptions Options() => base.Options() with { AllowedNetworks = [IPNetwork.Parse("127.66.0.0/16")] };

    protected override IReadOnlyList<PartnerDocument> Partners()
        =>
        [
            .. base.Partners(),
            new PartnerDocument { Domain = "w1.example", AdditionalDomains = ["w2.example"], SaslNegotiation = NegotiationMode.Optional, DialbackWithoutDialback = true },
            new PartnerDocument { Domain = PartnerDocument.AnyDomain, SaslNegotiation = NegotiationMode.Optional },
        ];

    protected override IEnumerable<DnsZone> Zones() =>
    [
        .. base.Zones(),
        Zone("d1.example", Authority1.EndPoint),
        Zone("d2.example", Authority1.EndPoint),
        Zone("w1.example", Authority1.EndPoint),
        Zone("w2.example", Authority1.EndPoint),
        Zone("d3.example", Silent.EndPoint),
        .. Enumerable.Range(0, 40).Select(i => Zone(string.Create(CultureInfo.InvariantCulture, $"r{i}.slow.example"), Silent.EndPoint)),
        Zone("refused.example", (IPEndPoint)Closed.LocalEndPoint!),
        Zone("loopback.example", Authority1.EndPoint),
        Zone("private.example", new IPEndPoint(IPAddress.Parse("10.1.2.3"), 5269)),
        Zone("linklocal.example", new IPEndPoint(IPAddress.Parse("169.254.169.254"), 5269)),
        Mapped("mapped.example", Authority1.EndPoint),
        Zone("ssh.example", new IPEndPoint(PublicHere, 22)),
        Zone("smtp.example", new IPEndPoint(PublicHere, 25)),
        Zone("zero.example", new IPEndPoint(PublicHere, 0)),
    ];

    private static DnsZone Mapped(string domain, IPEndPoint at)
    {
        var host = DnsName.Parse($"xmpp.{domain}");
        return DnsZone.Create(domain, Service(domain, host, (ushort)at.Port), new AddressRecord(host, 60, at.Address.MapToIPv6()));
    }
}
