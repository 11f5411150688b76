using System.Net.Sockets;
using System.Text;
using EdgePool.Server.Cli;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Tests.Configuration;
using Xunit;

namespace EdgePool.Server.Tests.Management;

/// <summary>How commands find their node, and what they say when they do not.</summary>
public sealed class NodeCommandTests
{
    [Fact]
    public async Task Status_OfARunningNode_ShowsItAndExits0()
    {
        await using var node = await NodeFixture.StartAsync();

        var (code, output, error) = await node.RunAsync("status");

        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.Contains("node      edge-1, EdgePool ", output, StringComparison.Ordinal);
        Assert.Contains("stanzas   0 accepted = 0 delivered + 0 bounced + 0 dropped + 0 in flight", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_OfANodeWithoutABackEnd_SaysWhyItRefusesPartners()
    {
        await using var node = new NodeFixture();
        await node.StartNodeAsync(yaml: NodeFixture.Yaml("store: { directory: store }").Replace("readiness: { refuse: false }", "", StringComparison.Ordinal));

        var (code, output, _) = await node.RunAsync("status");

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("ready     no: ", output, StringComparison.Ordinal);
        Assert.Contains("; partners' connections are refused\n", output, StringComparison.Ordinal);
        Assert.Contains("\"takesPartners\": false", (await node.RunAsync("status", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_OurCertificates_AreShownWithTheDaysThatAreLeft()
    {
        await using var node = new NodeFixture();
        node.Folder.Certificate("edge", ["contoso.example"], ConfigurationFolder.Now.AddDays(-30), DateTimeOffset.UtcNow.AddDays(20.5));
        await node.StartNodeAsync();

        var (code, output, _) = await node.RunAsync("status");

        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("certs     contoso.example: 20 days left, renew it\n", output, StringComparison.Ordinal);
        Assert.Contains("\"alarm\": \"Within30Days\"", (await node.RunAsync("status", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_BodiesAreLogged_SaysSinceWhenAndByWhom()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("gateway", "set", "--enable-logging-all-message-bodies", "true");
        await node.RunAsync("gateway", "set", "--connection-limit", "7");

        var on = (await node.RunAsync("status")).Output;
        await node.RunAsync("gateway", "set", "--enable-logging-all-message-bodies", "false");
        var off = (await node.RunAsync("status")).Output;

        Assert.Contains($"message bodies are logged since version 1 by {Environment.UserName}\n", on, StringComparison.Ordinal);
        Assert.DoesNotContain("bodies", off, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_ByConfig_TakesTheSocketFromTheFile()
    {
        await using var node = await NodeFixture.StartAsync("store: { directory: store }\nmanagement: { socket: there.sock }");

        var (code, output, _) = await NodeFixture.CommandAsync("status", "--json", "--config", Path.Combine(node.Folder.Path, "edgepool.yaml"));

        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("\"node\": \"edge-1\"", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(node.Folder.Path, "there.sock")));
    }

    [Fact]
    public async Task FileMode_WithASocket_IsServed()
    {
        await using var node = await NodeFixture.StartAsync("management: { socket: store/edgepool.sock }\npartners: [ { domain: partner.example } ]");

        var (code, output, _) = await node.RunAsync("status");

        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("policy    the node's file, 1 partners", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_OfANodeWithoutSocket_SaysWhatToWrite()
    {
        await using var node = await NodeFixture.StartAsync("partners: [ { domain: partner.example } ]");

        var (code, _, error) = await NodeFixture.CommandAsync("streams", "--config", Path.Combine(node.Folder.Path, "edgepool.yaml"));

        Assert.Equal(ExitCode.Configuration, code);
        Assert.Contains("has no management socket — write management: { socket: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Socket_NotThere_SaysWhereAndExits69()
    {
        var (code, _, error) = await NodeFixture.CommandAsync("status", "--socket", "/nowhere/edgepool.sock");

        Assert.Equal(ExitCode.Unavailable, code);
        Assert.Equal($"edgepool: no node answers at /nowhere/edgepool.sock: there is no such socket — start the node (systemctl start edgepool), or name the socket of another with --socket, {SocketOptions.Variable} or --config FILE\n", error);
    }

    [Fact]
    public async Task Socket_OfADeadNode_SaysSoAndExits69()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.StopNodeAsync();
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(node.Socket + "x"));
            File.Move(node.Socket + "x", node.Socket);
        }

        var (code, _, error) = await node.RunAsync("status");

        Assert.Equal(ExitCode.Unavailable, code);
        Assert.Contains("it has ended — start it", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_NotThere_Exits66()
    {
        var (code, _, error) = await NodeFixture.CommandAsync("status", "--config", "/nowhere/edgepool.yaml");

        Assert.Equal(ExitCode.NoConfiguration, code);
        Assert.Contains("/nowhere/edgepool.yaml: error: there is no such file", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status", "", 0, "edgepool: the node at ")]
    [InlineData("status", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{", 0, " broke off: ")]
    [InlineData("status", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]", 0, " is not understood — use an edgepool of the node's version")]
    [InlineData("status", "SSH-2.0-OpenSSH_9.2\r\n", 0, " broke off: ")]
    [InlineData("consent export", "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{}\n", 0, " broke off: ")]
    [InlineData("streams", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", 1, "edgepool: the node answered 502 — see its log")]
    public async Task Answer_ThatIsNone_IsToldInOneLine(string line, string answer, int faults, string expected)
    {
        var folder = Directory.CreateTempSubdirectory("edgepool-answer-").FullName;
        var path = Path.Combine(folder, "s");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        using var ended = new CancellationTokenSource();
        var serving = Task.Run(async () =>
        {
            // A client whose connection ends before an answer begins may ask once more.
            while (true)
            {
                using var asked = await listener.AcceptAsync(ended.Token);
                await asked.ReceiveAsync(new byte[4096]);
                await asked.SendAsync(Encoding.ASCII.GetBytes(answer));
            }
        });

        var (code, _, error) = await NodeFixture.CommandAsync([.. line.Split(' '), "--socket", path]);

        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
        Assert.Equal(faults == 0 ? ExitCode.Unavailable : ExitCode.Internal, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Directory.Delete(folder, recursive: true);
    }
}
