using System.Text.Json;
using EdgePool.Server.Cli;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Cli.Nodes;
using EdgePool.Server.Management.Wire;
using EdgePool.Server.Tests.Management;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Server.Tests.Nodes;

/// <summary><c>edgepool streams</c>.</summary>
public sealed class StreamsCommandTests
{
    [Fact]
    public void Streams_EachColumn_IsShown()
    {
        using var output = new StringWriter { NewLine = "\n" };

        StreamsCommand.Write(
            new StreamList(
            [
                new StreamView
                {
                    Number = 17, Kind = "PartnerInbound", Peer = "192.0.2.1:40000", State = "established", Tls = "Tls13", Method = "SaslExternal", Pairs = ["contoso.example-partner.example"], Bidirectional = ["contoso.example-partner.example"],
                    AgeSeconds = 3_725, StanzasIn = 12, StanzasOut = 0, BytesIn = 2_048, BytesOut = 700, Queued = 3, Unacknowledged = 7, BlockedSeconds = 5,
                },
                new StreamView
                {
                    Number = 18, Kind = "PartnerOutbound", Peer = "xmpp.partner.example:5269", State = "connecting", Tls = "none", Pairs = [], Wanted = "contoso.example-partner.example",
                    AgeSeconds = 2, StanzasIn = 0, StanzasOut = 0, BytesIn = 0, BytesOut = 0, Queued = 0, BlockedSeconds = 0,
                },
            ]),
            output);

        var lines = output.ToString().Split('\n');
        Assert.Matches("^STREAM +KIND +PEER +STATE +AGE +TLS +METHOD +PAIRS +BIDI +IN +OUT +QUEUE +UNACKED +BLOCKED$", lines[0]);
        Assert.Matches("^17 +PartnerInbound +192.0.2.1:40000 +established +1h02m +Tls13 +SaslExternal +contoso.example-partner.example +1 +12 / 2.0K +0 / 700B +3 +7 +5s$", lines[1]);
        Assert.Matches(@"^18 +PartnerOutbound +xmpp.partner.example:5269 +connecting +2s +none +- +\(contoso.example-partner.example\) +- +0 / 0B +0 / 0B +0 +- +-$", lines[2]);
    }

    [Fact]
    public async Task Streams_OfADomain_AreItsOwnAlone()
    {
        await using var node = await NodeFixture.StartAsync("management: { socket: store/edgepool.sock }\npartners: [ { domain: partner.example } ]");
        await using var component = await ComponentClient.ConnectAsync(await node.EndPointAsync(inside: true), "contoso.example", "a secret of some length");

        var ours = await node.RunAsync("streams", "contoso.example", "--json");
        var theirs = await node.RunAsync("streams", "partner.example", "--json");
        var none = await node.RunAsync("streams", "a b");

        using var json = JsonDocument.Parse(ours.Output);
        var stream = Assert.Single(json.RootElement.GetProperty("streams").EnumerateArray());
        Assert.Equal(("Component", "ComponentHandshake"), (stream.GetProperty("kind").GetString(), stream.GetProperty("method").GetString()));
        Assert.True(stream.GetProperty("bytesIn").GetInt64() > 0 && stream.GetProperty("bytesOut").GetInt64() > 0);
        Assert.Contains("\"streams\": []", theirs.Output, StringComparison.Ordinal);
        Assert.Equal((ExitCode.Usage, true), (none.Code, none.Error.Contains("'a b' is no domain", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(59, "59s")]
    [InlineData(60, "1m00s")]
    [InlineData(3_599, "59m59s")]
    [InlineData(3_600, "1h00m")]
    [InlineData(86_399, "23h59m")]
    [InlineData(86_400, "1d00h")]
    public void Time_OfSeconds_IsShort(long seconds, string expected) => Assert.Equal(expected, Quantities.Time(seconds));

    [Theory]
    [InlineData(0, "0B")]
    [InlineData(1_023, "1023B")]
    [InlineData(1_024, "1.0K")]
    [InlineData(20 * 1024 * 1024, "20M")]
    [InlineData(long.MaxValue, "8388608T")]
    public void Bytes_AreShort(long bytes, string expected) => Assert.Equal(expected, Quantities.Bytes(bytes));
}
