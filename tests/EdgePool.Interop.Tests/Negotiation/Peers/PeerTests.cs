using EdgePool.Interop.Tests.Partners;

namespace EdgePool.Interop.Tests.Negotiation.Peers;

/// <summary>
/// Real servers of three kinds, under STARTTLS and direct TLS, with five kinds of certificates and three policies, both ways: each stream comes up by the method
/// computed beforehand (<see cref="PeerExpectation"/>), or ends for the reason computed beforehand.
/// </summary>
public sealed class PeerTests(PeerScene scene, ITestOutputHelper output) : IClassFixture<PeerScene>
{
    public static TheoryData<ServerKind, Carrier, Direction, Way, Shown> Cells =>
        new(PeerCell.All.Where(c => PeerExpectation.Of(c).Text is not PeerExpectation.Cannot).Select(c => (c.Server, c.Carrier, c.Direction, c.Way, c.Shown)));

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Peer_InEachCell_IsAuthenticatedOrRefusedAsComputed(ServerKind server, Carrier carrier, Direction direction, Way way, Shown shown)
    {
        var cell = new PeerCell(server, carrier, direction, way, shown);
        var found = (await scene.MeasuredAsync(server))[cell];
        var expected = PeerExpectation.Of(cell);
        Assert.True(expected.Text == found, $"{found}, but computed was {expected.Text}: {expected.Why}");
    }

    [Fact]
    public async Task Peers_AllCells_PrintOneTable()
    {
        var all = await Task.WhenAll(Enum.GetValues<ServerKind>().Select(scene.MeasuredAsync));
        var measured = all.SelectMany(cells => cells).ToDictionary();
        output.WriteLine(PeerTable.Print(measured));
        Assert.Equal(Cells.Count, measured.Count);
    }
}
