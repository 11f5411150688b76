using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Partners;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Peers;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Interop.Tests.Negotiation;

/// <summary>
/// The negotiation matrix with real servers: each row that can be saved, with peers that can do all, less, or other things than the row wants. Streams
/// come up both ways by the best method that both sides allow, or not at all.
/// </summary>
/// <remarks>
/// The servers of one scene do the same on every row: where one row uses SASL EXTERNAL or STARTTLS with a peer and another does not, the peer offered it both times.
/// </remarks>
public abstract class MatrixTests(MatrixScene scene)
{
    private const int Accepted = 1000;
    private const int Connecting = 1001;
    private const int Authenticated = 1003;
    private const int EndedForPeersFault = 1011;
    private const int EndedUnauthenticated = 1012;
    private const int TargetFailed = 1020;
    private const int DialbackRefused = 1024;
    private const int SteppedDown = 1025;

    // RFC 6120 section 13.8, XEP-0178, XEP-0220: SASL EXTERNAL over TLS goes before dialback over TLS, and that before dialback without TLS.
    [Theory]
    [MemberData(nameof(MatrixRow.Met), MemberType = typeof(MatrixRow))]
    public async Task Row_WithAPeerThatCanMeetIt_UsesTheBestMethodOfBothEachWay(string row, PeerAbility peer, string method)
    {
        await scene.StartAsync();
        await using var alice = await scene.ConnectAsync(row, peer);
        await alice.SendAsync($"<message from='{AliceAt(row, peer)}' to='{MatrixScene.Bot}' id='in'><body>in</body></message>");
        await scene.Component.WaitForAsync($"message[@id='in' and @from='{AliceAt(row, peer)}' and not(@type='error')]/body[.='in']");
        await scene.Component.SendAsync($"<message from='{MatrixScene.Bot}' to='{AliceAt(row, peer)}' id='out'><body>out</body></message>");
        await alice.WaitForAsync("message[@id='out' and not(@type='error')]/body[.='out']");
        await AssertMethodAsync(row, peer, method, inbound: true);
        await AssertMethodAsync(row, peer, method, inbound: false);
    }

    // RFC 6120 section 4.9.3.14 (policy-violation); XEP-0220 section 2.4.2 for the dialback error.
    [Theory]
    [MemberData(nameof(MatrixRow.Unmet), MemberType = typeof(MatrixRow))]
    public async Task Row_WithAPeerThatCannotMeetIt_LetsNoStreamIn(string row, PeerAbility peer)
    {
        await scene.StartAsync();
        await using var alice = await scene.ConnectAsync(row, peer);
        var (domain, expected) = (MatrixRow.DomainOf(row, peer), MatrixRefusal.OfInbound(scene.Kind, peer, MatrixRow.Of(row).HasTls));
        var since = scene.Edge.Events.Count;
        await alice.SendAsync($"<message from='{AliceAt(row, peer)}' to='{MatrixScene.Bot}' id='in'><body>in</body></message>");
        await alice.WaitForAsync($"message[@type='error' and @id='in' and @from='{MatrixScene.Bot}']/error/stanzas:remote-server-timeout");

        var opened = await scene.Edge.FindAsync(e => e.Id == Accepted, $"{domain} connects", since);
        AssertEnd(expected, await scene.Edge.FindAsync(e => IsEnd(e) && e["stream"] == opened["stream"], $"the stream from {domain} has ended", since));
        await AssertPeerSaysAsync(peer, domain, MatrixScene.LocalDomainName, expected.PeerSays);
        var refused = scene.Edge.Events.Where(e => e.Id == DialbackRefused && e["stream"] == opened["stream"]).Select(e => (e["pair"], e["condition"]));
        Assert.Equal(expected.DialbackAnswer is { } condition ? [(PairWith(row, peer), condition)] : [], refused);
        if (expected.DialbackAnswer is not null && scene.ServerOf(peer) is ProsodyServer prosody)
        {
            Assert.Matches(
                $"RECV: <result(?=[^>]* from='{MatrixScene.LocalDomainName}')(?=[^>]* to='{domain}')(?=[^>]* type='error')[^>]*><error [^>]*><{expected.DialbackAnswer} ",
                prosody.Wire);
        }

        Assert.Empty(scene.Edge.MethodsOf(PairWith(row, peer), inbound: true));
    }

    [Theory]
    [MemberData(nameof(MatrixRow.Unmet), MemberType = typeof(MatrixRow))]
    public async Task Row_WithAPeerThatCannotMeetIt_LetsNoStreamOut(string row, PeerAbility peer)
    {
        await scene.StartAsync();
        var (domain, pair) = (MatrixRow.DomainOf(row, peer), PairWith(row, peer));
        var expected = MatrixRefusal.OfOutbound(scene.Kind, peer, MatrixRow.Of(row).HasTls);
        await scene.Component.SendAsync($"<message from='{MatrixScene.Bot}' to='alice@{domain}' id='out'><body>out</body></message>");
        var bounce = await scene.Component.WaitForAsync($"message[@type='error' and @id='out' and @from='alice@{domain}']");
        Assert.True(XmppNames.Matches(bounce, "message/error[@type='wait']/stanzas:remote-server-timeout"), bounce.ToString());

        var opened = await scene.Edge.FindAsync(e => e.Id == Connecting && e["pair"] == pair, $"connecting for {pair}");
        AssertEnd(expected, await scene.Edge.FindAsync(e => IsEnd(e) && e["stream"] == opened["stream"], $"the stream to {domain} has ended"));
        var failed = await scene.Edge.FindAsync(e => e.Id == TargetFailed && e["pair"] == pair, $"the target of {pair} has failed");
        Assert.Equal(expected.Reason.ToText(), failed["reason"]);
        await AssertPeerSaysAsync(peer, MatrixScene.LocalDomainName, domain, expected.PeerSays);
        Assert.Empty(scene.Edge.MethodsOf(pair, inbound: false));
    }

    private static string AliceAt(string row, PeerAbility peer) => $"alice@{MatrixRow.DomainOf(row, peer)}/test";

    private static string PairWith(string row, PeerAbility peer) => $"{MatrixScene.LocalDomainName}-{MatrixRow.DomainOf(row, peer)}";

    private static bool IsEnd(EdgeEvent e) => e.Id is EndedForPeersFault or EndedUnauthenticated;

    private static void AssertEnd(MatrixRefusal expected, EdgeEvent end)
    {
        Assert.Equal((expected.Reason.ToText(), expected.Sent ?? ""), (end["reason"], end["condition"]));
        if (expected.Received is { } received)
            Assert.StartsWith(received + ":", end["detail"], StringComparison.Ordinal);
    }

    private async Task AssertPeerSaysAsync(PeerAbility peer, string from, string to, string? text)
    {
        if (text is null)
            return;
        var process = scene.ServerOf(peer).Process;
        if (scene.Kind is ServerKind.Prosody)
        {
            await process.WaitForLogAsync($"{from}->{to} closed: {text}");
            return;
        }

        // COMPAT: ejabberd 23.01 may touch its socket just after we have closed it, and then tells that instead of the stream error.
        var said = $"s2s connection {from} -> {to}: ";
        await process.WaitForLogAsync(said);
        if (!process.Log.Contains(said + "Connection failed: invalid argument", StringComparison.Ordinal))
            await process.WaitForLogAsync(said + text);
    }

    private async Task AssertMethodAsync(string row, PeerAbility peer, string method, bool inbound)
    {
        var pair = PairWith(row, peer);
        var side = inbound ? "inbound" : "outbound";
        var first = await scene.Edge.FindAsync(
            e => e.Id == Authenticated && e["pair"] == pair && scene.Edge.IsInbound(e) == inbound, $"{side} {pair} is authenticated");
        if (!inbound && peer is PeerAbility.Plain && scene.Kind is ServerKind.Ejabberd && first["method"] == "DialbackOverTls")
        {
            // The domain that has no TLS is at the same host as those that have: its pair has joined a stream of theirs (XEP-0220 section 2.6).
            Assert.Equal("Tls13", first["tls"]);
            return;
        }

        Assert.Equal((side, method), (side, first["method"]));
        Assert.Equal(method == "DialbackOverTcp" ? "none" : "Tls13", first["tls"]);
        Assert.Equal([method], scene.Edge.MethodsOf(pair, inbound).Distinct());
        if (method != MatrixRow.Of(row).Best[(int)PeerAbility.Everything])
            await scene.Edge.FindAsync(e => e.Id == SteppedDown && e["stream"] == first["stream"] && e["method"] == method, $"{side} {pair} stepped down");
        else
            Assert.DoesNotContain(scene.Edge.Events, e => e.Id == SteppedDown && e["pair"] == pair);
    }
}

/// <summary>The matrix with Prosody 0.12.</summary>
public sealed class ProsodyMatrixTests(ProsodyMatrixScene scene) : MatrixTests(scene), IClassFixture<ProsodyMatrixScene>
{
    [Theory]
    [MemberData(nameof(MatrixRow.MetWithoutExternal), MemberType = typeof(MatrixRow))]
    public Task Row_WithAPeerWithoutExternal_StepsDownAsFarAsPolicyLetsIt(string row, PeerAbility peer, string method) =>
        Row_WithAPeerThatCanMeetIt_UsesTheBestMethodOfBothEachWay(row, peer, method);

    [Theory]
    [MemberData(nameof(MatrixRow.UnmetWithoutExternal), MemberType = typeof(MatrixRow))]
    public Task Row_WithoutDialbackAndAPeerWithoutExternal_LetsNoStreamIn(string row, PeerAbility peer) => Row_WithAPeerThatCannotMeetIt_LetsNoStreamIn(row, peer);

    [Theory]
    [MemberData(nameof(MatrixRow.UnmetWithoutExternal), MemberType = typeof(MatrixRow))]
    public Task Row_WithoutDialbackAndAPeerWithoutExternal_LetsNoStreamOut(string row, PeerAbility peer) => Row_WithAPeerThatCannotMeetIt_LetsNoStreamOut(row, peer);
}

/// <summary>The matrix with ejabberd 23.01.</summary>
public sealed class EjabberdMatrixTests(EjabberdMatrixScene scene) : MatrixTests(scene), IClassFixture<EjabberdMatrixScene>;
