using System.Globalization;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>Hostile components on the inside port: XEP-0114.</summary>
[Collection(nameof(HostileCollection))]
public sealed class ComponentTests(EdgeFixture fixture) : HostileTests<EdgeFixture>(fixture)
{
    // COMP-02; the text of the handshake is made from the stream's id.
    [Theory]
    [InlineData("COMP-02 wrong", "0000000000000000000000000000000000000000")]
    [InlineData("COMP-02 upper case", "{0:upper}")]
    [InlineData("COMP-02 base64", "{0:base64}")]
    [InlineData("COMP-02 empty", "")]
    [InlineData("COMP-02 spaces around", " {0} ")]
    public async Task Handshake_NotAsPrescribed_IsNotAuthorized(string id, string form)
    {
        await CheckCutsAsync(async cut =>
        {
            var (peer, streamId) = await OpenAsync("away.example");
            await using var _ = peer;
            var digest = ComponentClient.Digest(streamId, EdgeFixture.Secret);
            var text = form.Replace("{0:upper}", digest.ToUpperInvariant(), StringComparison.Ordinal)
                .Replace("{0:base64}", Convert.ToBase64String(Convert.FromHexString(digest)), StringComparison.Ordinal)
                .Replace("{0}", digest, StringComparison.Ordinal);
            await peer.SendAsync(cut($"<handshake>{text}</handshake><message from='x@away.example' to='a@p1.example'/>"));
            await ExpectEndAsync(peer, Wire.StreamError("not-authorized"));
        });
        Assert.False(string.IsNullOrEmpty(id));
        Assert.Empty(await edge.HeardAtPartnerAsync());
    }

    // COMP-02
    [Fact]
    public async Task Handshake_OfOneMebibyte_IsOverTheLimit()
    {
        var (peer, _) = await OpenAsync("away.example");
        await using var _1 = peer;
        await peer.SendAsync([Wire.Encode($"<handshake>{Wire.Repeat("a", 1024 * 1024)}</handshake>")]);
        await ExpectEndAsync(peer, Wire.StreamError("policy-violation", "<stanza-too-big xmlns='urn:xmpp:errors'/>"));
    }

    // COMP-02 handshake before header; COMP-03; COMP-04
    [Theory]
    [InlineData("COMP-02 handshake before header", "<handshake xmlns='jabber:component:accept'>x</handshake>", "not-authorized")]
    [InlineData("COMP-02 handshake before header, no namespace", "<handshake>x</handshake>", "not-authorized")]
    [InlineData("COMP-03 unknown", "{jabber:component:accept}other.example", "host-unknown")]
    [InlineData("COMP-03 connected", "{jabber:component:accept}edge.example", "conflict")]
    [InlineData("COMP-03 no name", "{jabber:component:accept}", "improper-addressing")]
    [InlineData("COMP-04 connect", "{jabber:component:connect}away.example", "invalid-namespace")]
    [InlineData("COMP-04 client", "{jabber:client}away.example", "invalid-namespace")]
    public async Task Opening_NotAsPrescribed_EndsTheStream(string id, string opening, string error)
    {
        var sent = opening[0] == '{' ? Header(opening[1..opening.IndexOf('}', StringComparison.Ordinal)], opening[(opening.IndexOf('}', StringComparison.Ordinal) + 1)..]) : opening;
        Assert.False(string.IsNullOrEmpty(id));
        await CheckCutsAsync(async cut =>
        {
            await using var peer = await RawPeer.ConnectAsync(edge.Inside);
            await peer.SendAsync(cut(sent));
            await ExpectEndAsync(peer, Wire.OurHeader + Wire.StreamError(error));
        });
        Assert.Empty(await edge.HeardAtPartnerAsync()); // COMP-03: the connected one stays
    }

    // COMP-04: on the inside port jabber:server is an internal server, and away.example is a component's domain.
    [Fact]
    public async Task ServerStream_ForTheDomainOfAComponent_IsRefused()
    {
        await using var peer = await RawPeer.ConnectAsync(edge.Inside);
        await peer.SendAsync(Wire.Header("away.example", "p1.example"));
        await ExpectEndAsync(peer, Wire.OurHeader + Wire.StreamError("(undefined-condition|policy-violation)"));
    }

    // COMP-06, COMP-07
    [Theory]
    [InlineData("COMP-06 partner", "from='a@p1.example' to='b@p2.example'", "invalid-from")]
    [InlineData("COMP-06 other tenant", "from='a@edge.example' to='b@p1.example'", "invalid-from")]
    [InlineData("COMP-06 sub-domain", "from='a@sub.away.example' to='b@p1.example'", "invalid-from")]
    [InlineData("COMP-07 no from", "to='b@p1.example'", "improper-addressing")]
    [InlineData("COMP-07 no to", "from='a@away.example'", "improper-addressing")]
    public async Task Stanza_OfAComponent_WithoutItsAddresses_EndsTheStream(string id, string addresses, string error)
    {
        await CheckCutsAsync(async cut =>
        {
            await using var peer = await AuthenticateAsync("away.example");
            await peer.SendAsync(cut($"<message {addresses} id='{id}'/>"));
            await ExpectEndAsync(peer, Wire.StreamError(error));
            await edge.EndOfAsync(peer.LocalEndPoint);
            await peer.DisposeAsync();
            await ComponentGoneAsync("away.example");
        });
        Assert.Empty(await edge.HeardAtPartnerAsync());
    }

    // COMP-11, DNS-22: closed federation; the answer comes at once, and nobody is asked for the domain.
    [Fact]
    public async Task Stanza_ToADomainOfNoPartner_IsAnsweredWithoutDns()
    {
        await using var peer = await AuthenticateAsync("away.example");
        for (var i = 0; i < 10_000; i++)
            await peer.SendAsync(string.Create(CultureInfo.InvariantCulture, $"<message from='a@away.example' to='b@d{i}.unknown.example' id='{i}'/>"));
        for (var i = 0; i < 10_000; i++)
        {
            var heard = await peer.HearAsync("</message>");
            var expected = $"<message type='error' from='b@d{i}.unknown.example' to='a@away.example' id='{i}'><error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>";
            Assert.Equal(Sorted(expected), Sorted(heard));
        }

        Assert.DoesNotContain(edge.Names.Asked, name => name.Contains("unknown.example", StringComparison.Ordinal));
        await peer.SendAsync("</stream:stream>");
        await ExpectEndAsync(peer, "</stream:stream>");
        await peer.DisposeAsync();
        await ComponentGoneAsync("away.example");
    }

    // COMP-13
    [Fact]
    public async Task Handshake_OfAnOlderStream_IsRefused()
    {
        var (old, oldId) = await OpenAsync("away.example");
        var (fresh, freshId) = await OpenAsync("away.example");
        await using var _ = old;
        await using var _1 = fresh;
        Assert.NotEqual(oldId, freshId);
        await fresh.SendAsync($"<handshake>{ComponentClient.Digest(oldId, EdgeFixture.Secret)}</handshake>");
        await ExpectEndAsync(fresh, Wire.StreamError("not-authorized"));
    }

    // COMP-14: plain text only where the operator allowed it.
    [Fact]
    public async Task Component_WithoutTlsWhereItIsDemanded_IsRefused()
    {
        await using var peer = await RawPeer.ConnectAsync(edge.InsideTlsOnly);
        await peer.SendAsync(Header("jabber:component:accept", "away.example"));
        await ExpectEndAsync(peer, Wire.OurHeader + Wire.StreamError("policy-violation"));
    }

    private static string Sorted(string element) => Wire.Infoset(System.Xml.Linq.XElement.Parse(element));

    private static string Header(string content, string to)
        => $"<?xml version='1.0'?><stream:stream xmlns='{content}' xmlns:stream='http://etherx.jabber.org/streams' to='{to}'>";

    /// <summary>Once in one piece, once byte by byte (I5).</summary>
    private static async Task CheckCutsAsync(Func<Func<string, IEnumerable<ReadOnlyMemory<byte>>>, Task> dialogue)
    {
        await dialogue(text => [Wire.Encode(text)]);
        await dialogue(text => Wire.Encode(text).Select(b => (ReadOnlyMemory<byte>)new[] { b }));
    }

    private async Task<(RawPeer Peer, string StreamId)> OpenAsync(string domain)
    {
        var peer = await RawPeer.ConnectAsync(edge.Inside);
        await peer.SendAsync(Header("jabber:component:accept", domain));
        var header = await peer.HearAsync(Wire.OurHeader);
        return (peer, System.Text.RegularExpressions.Regex.Match(header, " id='([^']*)'").Groups[1].Value);
    }

    private async Task<RawPeer> AuthenticateAsync(string domain)
    {
        var (peer, id) = await OpenAsync(domain);
        await peer.SendAsync($"<handshake>{ComponentClient.Digest(id, EdgeFixture.Secret)}</handshake>");
        await peer.HearAsync("^<handshake/>");
        return peer;
    }

    private async Task ComponentGoneAsync(string domain)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await edge.Log.WaitForAsync(
            _ => edge.Log.Events.Count(e => e.Id.Id == 2020 && domain.Equals(e.Values["Domain"])) == edge.Log.Events.Count(e => e.Id.Id == 2021 && domain.Equals(e.Values["Domain"])),
            patience.Token);
    }

    private static async Task ExpectEndAsync(RawPeer peer, string pattern)
    {
        var end = await peer.HearEndAsync();
        Assert.Matches($"^{pattern}$", end.Text);
        Assert.True(end.Fin);
    }
}
