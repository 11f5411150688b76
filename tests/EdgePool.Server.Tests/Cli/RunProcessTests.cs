using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgePool.Server.Cli;
using EdgePool.Server.Tests.Configuration;
using EdgePool.Server.Tests.Management;
using Xunit;

namespace EdgePool.Server.Tests.Cli;

/// <summary><c>edgepool run</c> as scripts and service managers see it: lines, signals, exit codes.</summary>
public sealed class RunProcessTests : IDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly ConfigurationFolder folder = new();

    public RunProcessTests()
    {
        var now = TimeProvider.System.GetUtcNow();
        folder.Certificate("edge", ["contoso.example"], now.AddDays(-1), now.AddDays(90));
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Run_Signal_StopsInOrderWithin10Seconds(string signal)
    {
        using var edge = new EdgePoolProcess("run", "--config", Write("127.0.0.1:0"));
        await edge.LineAsync(" info 2001 Started node=edge-1 domains=1 partners=1");
        var since = Stopwatch.StartNew();

        edge.Signal(signal);

        Assert.Equal(ExitCode.Success, await edge.ExitAsync());
        Assert.True(since.Elapsed < StopLimit, $"it took {since.Elapsed}");
        Assert.Contains($" info 3003 SignalReceived signal=SIG{signal}", edge.Text, StringComparison.Ordinal);
        Assert.Contains(" info 3002 RandomDialbackSecret ", edge.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("a secret of some length", edge.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Json_WritesOneObjectALine()
    {
        using var edge = new EdgePoolProcess("run", "--config", Write("127.0.0.1:0", "log: { format: json }\n"));
        var line = await edge.LineAsync("\"event\":\"Started\"");
        edge.Signal("TERM");

        Assert.Equal(ExitCode.Success, await edge.ExitAsync());
        Assert.Equal("edge-1", System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("values").GetProperty("node").GetString());
        Assert.All(edge.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries), text => System.Text.Json.JsonDocument.Parse(text).Dispose());
    }

    [Fact]
    public async Task Run_PortInUse_Exits69WithOneLine()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen(1);
        using var edge = new EdgePoolProcess("run", "--config", Write(other.LocalEndPoint!.ToString()!));

        Assert.Equal(ExitCode.Unavailable, await edge.ExitAsync());
        Assert.Contains($"edgepool: cannot listen on {other.LocalEndPoint}: the port is in use — ", edge.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_StoreThatCannotBe_Exits69WithARemedy()
    {
        using var edge = new EdgePoolProcess("run", "--config", folder.Write("edgepool.yaml", NodeFixture.Yaml("store: { directory: /proc/nowhere }")));

        Assert.Equal(ExitCode.Unavailable, await edge.ExitAsync());
        Assert.Contains("edgepool: the store /proc/nowhere/store.db cannot be opened: ", edge.Text, StringComparison.Ordinal);
        Assert.Contains(" — name a directory on a local disk, in which user ", edge.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ForeignAddress_Exits69()
    {
        // RFC 5737: 192.0.2.0/24 is nobody's.
        using var edge = new EdgePoolProcess("run", "--config", Write("192.0.2.1:5269"));

        Assert.Equal(ExitCode.Unavailable, await edge.ExitAsync());
        Assert.Contains("edgepool: cannot listen on 192.0.2.1:5269: this machine has no such address — ", edge.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NoFile_Exits66()
    {
        using var edge = new EdgePoolProcess("run", "--config", Path.Combine(folder.Path, "nothing.yaml"));

        Assert.Equal(ExitCode.NoConfiguration, await edge.ExitAsync());
        Assert.EndsWith("nothing.yaml: error: there is no such file — give its path with --config; cluster-config/minimal.yaml is one to start from\n", edge.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_KeyOpenToOthers_Exits78WithOneLine()
    {
        folder.Write("edge.key", File.ReadAllText(Path.Combine(folder.Path, "edge.key")), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        using var edge = new EdgePoolProcess("run", "--config", Write("127.0.0.1:0"));

        Assert.Equal(ExitCode.Configuration, await edge.ExitAsync());
        Assert.Contains("edge.key is open to other users (mode 444) — chmod 600 ", Assert.Single(edge.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_KeyOfAnotherUser_Exits77()
    {
        if (Environment.UserName != "root" || !File.Exists("/usr/bin/setpriv") || !OthersReach(AppContext.BaseDirectory))
        {
            Assert.Skip("needs root, setpriv, and a build folder that other users reach");
        }

        var file = Write("127.0.0.1:0");
        const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(folder.Path, ForAll);
        File.SetUnixFileMode(file, ForAll);
        using var edge = new EdgePoolProcess(["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], ["run", "--config", file]);

        Assert.Equal(ExitCode.Permission, await edge.ExitAsync());
        Assert.Contains("edge.key may not be read by user nobody — chown nobody ", edge.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task POL_21_Run_StoreDamaged_OpensNoPortAndExits69()
    {
        Directory.CreateDirectory(Path.Combine(folder.Path, "store"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        folder.Write("store/store.db", "this is no database, and long enough to be told from a new one " + new string('x', 4_096));
        using var edge = new EdgePoolProcess("run", "--config", folder.Write("edgepool.yaml", NodeFixture.Yaml("store: { directory: store }")));

        Assert.Equal(ExitCode.Unavailable, await edge.ExitAsync());
        Assert.Contains("edgepool: ", edge.Text, StringComparison.Ordinal);
        Assert.Contains("store.db", edge.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(" Listening ", edge.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task POL_21_Run_StoreOfAnotherNode_Exits69()
    {
        var file = folder.Write("edgepool.yaml", NodeFixture.Yaml("store: { directory: store }"));
        using var first = new EdgePoolProcess("run", "--config", file);
        await first.LineAsync(" 3200 Listening ");
        using var second = new EdgePoolProcess("run", "--config", file);

        Assert.Equal(ExitCode.Unavailable, await second.ExitAsync());
        Assert.DoesNotContain(" Listening ", second.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task POL_21_Run_StoreThatDoesNotFitTheNode_Exits78AndNamesTheDocument()
    {
        var file = folder.Write("edgepool.yaml", NodeFixture.Yaml("store: { directory: store }"));
        using (var first = new EdgePoolProcess("run", "--config", file))
        {
            await first.LineAsync(" 3200 Listening ");
            using var added = new EdgePoolProcess("partner", "add", "fabrikam.example", "--config", file);
            Assert.Equal(ExitCode.Success, await added.ExitAsync());
            first.Signal("TERM");
            Assert.Equal(ExitCode.Success, await first.ExitAsync());
        }

        // The partner's domain has become one of ours.
        using var edge = new EdgePoolProcess("run", "--config", folder.Write("edgepool.yaml", File.ReadAllText(file).Replace("contoso.example,", "fabrikam.example,", StringComparison.Ordinal)));

        Assert.Equal(ExitCode.Configuration, await edge.ExitAsync());
        Assert.Contains("Partner/fabrikam.example: error: fabrikam.example is a local domain", edge.Text, StringComparison.Ordinal);
        Assert.Contains("edgepool: the documents of the store do not fit this node's configuration — ", edge.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(" Listening ", edge.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_ByAnotherUser_Exits77()
    {
        if (Environment.UserName != "root" || !File.Exists("/usr/bin/setpriv") || !OthersReach(AppContext.BaseDirectory))
        {
            Assert.Skip("needs root, setpriv, and a build folder that other users reach");
        }

        const UnixFileMode ForAll = (UnixFileMode)0b111_111_111;
        using var edge = new EdgePoolProcess("run", "--config", folder.Write("edgepool.yaml", NodeFixture.Yaml("store: { directory: store }\nmanagement: { socket: edgepool.sock }")));
        await edge.LineAsync(" 3200 Listening ");
        var socket = Path.Combine(folder.Path, "edgepool.sock");
        File.SetUnixFileMode(folder.Path, ForAll);
        string[] nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

        using var kept = new EdgePoolProcess(nobody, ["status", "--socket", socket]);
        Assert.Equal(ExitCode.Permission, await kept.ExitAsync());
        Assert.Contains($"edgepool: user nobody may not use {socket} — run the command as root or as the node's own user", kept.Text, StringComparison.Ordinal);

        // Even where somebody opened the socket to all, the kernel says who is there.
        File.SetUnixFileMode(socket, ForAll);
        using var refused = new EdgePoolProcess(nobody, ["status", "--socket", socket]);
        Assert.Equal(ExitCode.Permission, await refused.ExitAsync());
        Assert.Contains("edgepool: user nobody is not served — run the command as root or as the node's own user", refused.Text, StringComparison.Ordinal);
        await edge.LineAsync(" 3201 Refused user=nobody path=/v1/status");
    }

    private static bool OthersReach(string path)
    {
        for (var at = new DirectoryInfo(path); at is not null; at = at.Parent)
        {
            if (!at.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
            {
                return false;
            }
        }

        return true;
    }

    private string Write(string s2s, string more = "") => folder.Write("edgepool.yaml", $$"""
        node: { name: edge-1 }
        domains: [ { name: contoso.example, backEnd: { component: { secretFile: contoso.secret } } } ]
        listeners:
          s2s: [ { address: "{{s2s}}" } ]
          internal: [ { address: "127.0.0.1:0", allowPlain: loopback } ]
        certificates: [ { certificate: edge.pem, key: edge.key } ]
        dns: { servers: ["127.0.0.1:9"] }
        partners: [ { domain: partner.example, saslNegotiation: Optional } ]
        {{more}}
        """);
}
