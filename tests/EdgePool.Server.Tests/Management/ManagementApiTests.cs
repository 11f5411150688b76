using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using EdgePool.Server.Management.Listening;
using Xunit;

namespace EdgePool.Server.Tests.Management;

/// <summary>The interface as a client that knows only HTTP sees it.</summary>
public sealed class ManagementApiTests
{
    [Fact]
    public async Task Status_OfANewNode_TellsModePolicyAndLedger()
    {
        await using var node = await NodeFixture.StartAsync();
        using var client = Client(node.Socket);

        using var status = JsonDocument.Parse(await client.GetStringAsync("/v1/status"));

        Assert.Equal("store", status.RootElement.GetProperty("mode").GetString());
        Assert.Equal(0, status.RootElement.GetProperty("policy").GetProperty("partners").GetInt32());
        Assert.True(status.RootElement.GetProperty("ledger").GetProperty("balances").GetBoolean());
    }

    [Fact]
    public async Task Streams_OfANewNode_AreNone()
    {
        await using var node = await NodeFixture.StartAsync();
        using var client = Client(node.Socket);

        Assert.Equal("""{"streams":[]}""", await client.GetStringAsync("/v1/streams"));
    }

    [Fact]
    public async Task UnknownPath_Is404WithAReason()
    {
        await using var node = await NodeFixture.StartAsync();
        using var client = Client(node.Socket);

        using var answer = await client.GetAsync("/v2/everything");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("\"code\":\"not-found\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", 400, "bad-request")]
    [InlineData("null", 400, "bad-request")]
    [InlineData("{}", 400, "bad-request")]
    [InlineData("{\"documents\":[null]}", 400, "bad-request")]
    [InlineData("{\"documents\":[{\"kind\":\"Partner\",\"name\":null,\"spec\":{}}]}", 400, "bad-request")]
    [InlineData("{\"documents\":[{\"kind\":\"Partner\",\"name\":\"a.example\"}]}", 400, "bad-request")]
    [InlineData("{\"documents\":[],\"force\":true}", 400, "bad-request")]
    [InlineData("{\"documents\":[],\"documents\":[]}", 400, "bad-request")]
    [InlineData("{\"documents\":[{\"kind\":\"Thing\",\"name\":\"a\",\"spec\":{}}]}", 422, "invalid")]
    [InlineData("{\"documents\":[{\"kind\":\"Partner\",\"name\":\"a.example\",\"spec\":[]}]}", 422, "invalid")]
    [InlineData("{\"documents\":[{\"kind\":\"Partner\",\"name\":\"a.example\",\"spec\":{},\"version\":7}]}", 409, "stale")]
    public async Task Apply_WrongRequest_IsRefusedWithAReason(string body, int status, string code)
    {
        await using var node = await NodeFixture.StartAsync();
        using var client = Client(node.Socket);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using var answer = await client.PostAsync("/v1/apply", content);

        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal((status, true), ((int)answer.StatusCode, text.Contains($"\"code\":\"{code}\"", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("alice", "alice as ")]
    [InlineData("not a user", "")]
    [InlineData("-rf", "")]
    public async Task Apply_ByRootForAnother_TellsBoth(string behind, string prefix)
    {
        if (Environment.UserName != "root")
        {
            Assert.Skip("root alone is believed");
        }

        await using var node = await NodeFixture.StartAsync();
        using var client = Client(node.Socket);
        client.DefaultRequestHeaders.TryAddWithoutValidation("EdgePool-Behind", behind);
        using var content = new StringContent("{\"documents\":[{\"kind\":\"Partner\",\"name\":\"a.example\",\"spec\":{}}]}", Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/v1/apply", content);

        using var document = JsonDocument.Parse(await client.GetStringAsync("/v1/documents/Partner/a.example"));
        Assert.Equal(prefix + "root", document.RootElement.GetProperty("who").GetString());
    }

    [Fact]
    public async Task Apply_LongerThanTheLimit_Is413()
    {
        await using var node = await NodeFixture.StartAsync();
        using var client = Client(node.Socket);
        using var content = new ByteArrayContent(new byte[ManagementServer.MostBodyBytes + 1]);

        client.DefaultRequestHeaders.ExpectContinue = true;

        using var answer = await client.PostAsync("/v1/apply", content);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Connections_AtTheLimit_TheNextIsClosed()
    {
        await using var node = await NodeFixture.StartAsync();
        var open = new List<Socket>();
        try
        {
            for (var i = 0; i < ManagementServer.MostConnections; i++)
            {
                open.Add(await AskAsync(node.Socket));
                Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(open[^1]), StringComparison.Ordinal);
            }

            open.Add(await AskAsync(node.Socket));
            Assert.Equal("", await AnswerAsync(open[^1]));
        }
        finally
        {
            open.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public void PeerUser_OfAPairOfSockets_IsOurselves()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("edgepool-peer-").FullName, "s");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(path));
        using var accepted = listener.Accept();

        Assert.Equal(new PeerUser(PeerUser.OwnId(), Environment.UserName), PeerUser.Of(accepted));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    internal static HttpClient Client(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
            return new NetworkStream(connection, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://edgepool"),
    };

    private static async Task<Socket> AskAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes("GET /v1/streams HTTP/1.1\r\nHost: edgepool\r\n\r\n"));
        }
        catch (SocketException)
        {
            // Closed before it could ask.
        }

        return socket;
    }

    private static async Task<string> AnswerAsync(Socket socket)
    {
        var bytes = new byte[1024];
        try
        {
            var length = await socket.ReceiveAsync(bytes).WaitAsync(TimeSpan.FromSeconds(30));
            return Encoding.ASCII.GetString(bytes, 0, length);
        }
        catch (SocketException)
        {
            return "";
        }
    }
}
