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
    private const int Authenticated = 1003;

    protected MatrixScene Scene => scene;

    // RFC 6120 section 13.8, XEP-0178, XEP-0220: SASL EXTERNAL over TLS goes before dialback over TLS, and that before dialback without TLS.
    [Theory]
    [MemberData(nameof(MatrixRow.Met), MemberType = typeof(MatrixRow))]
    public async Task Row_WithAPeerThatCanMeetIt_UsesTheBestMethodOfBothEachWay(string row, PeerAbility peer, string method)
    {
        await scene.StartAsync();
        await using var alice = await scene.ConnectAsync(row, peer);
        await alice.SendAsync($"<message to='{MatrixScene.Bot}' id='in'><body>in</body></message>");
        await scene.Component.WaitForAsync($"message[@id='in' and @from='{alice.Jid}' and not(@type='error')]/body[.='in']");
        await scene.Component.SendAsync($"<message from='{MatrixScene.Bot}' to='{alice.Jid}' id='out'><body>out</body></message>");
        await alice.WaitForAsync("message[@id='out' and not(@type='error')]/body[.='out']");
        await AssertMethodAsync(row, peer, method, inbound: true);
        await AssertMethodAsync(row, peer, method, inbound: false);
    }

    private async Task AssertMethodAsync(string row, PeerAbility peer, string method, bool inbound)
    {
        var pair = $"{MatrixScene.LocalDomainName}-{MatrixRow.DomainOf(row, peer)}";
        var side = inbound ? "inbound" : "outbound";
        var first = await scene.Edge.FindAsync(
            e => e.Id == Authenticated && e["pair"] == pair && scene.Edge.IsInbound(e) == inbound, $"{side} {pair} is authenticated");
        Assert.Equal((side, method), (side, first["method"]));
        Assert.Equal(method == "DialbackOverTcp" ? "none" : "Tls13", first["tls"]);
        Assert.Equal([method], scene.Edge.MethodsOf(pair, inbound).Distinct());
    }
}

/// <summary>The matrix with Prosody 0.12.</summary>
public sealed class ProsodyMatrixTests(ProsodyMatrixScene scene) : MatrixTests(scene), IClassFixture<ProsodyMatrixScene>;

/// <summary>The matrix with ejabberd 23.01.</summary>
public sealed class EjabberdMatrixTests(EjabberdMatrixScene scene) : MatrixTests(scene), IClassFixture<EjabberdMatrixScene>;
