using System.CommandLine;
using System.Net;
using System.Text.Json;
using EdgePool.Server.Cli;
using EdgePool.Server.Configuration;
using EdgePool.Server.Running;
using EdgePool.Server.Tests.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgePool.Server.Tests.Management;

/// <summary>A node of this process in a folder of its own, and the command line that speaks to it.</summary>
internal sealed class NodeFixture : IAsyncDisposable
{
    private RunningNode? node;

    public ConfigurationFolder Folder { get; } = new();

    public string Socket => Path.Combine(Folder.Path, "store", ManagementSettings.SocketName);

    public static async Task<NodeFixture> StartAsync(string more = "store: { directory: store }")
    {
        var fixture = new NodeFixture();
        await fixture.StartNodeAsync(more);
        return fixture;
    }

    public async Task StartNodeAsync(string more = "store: { directory: store }", string? yaml = null)
    {
        Directory.CreateDirectory(Path.Combine(Folder.Path, "store"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var loaded = Folder.Load(yaml ?? Yaml(more));
        Xunit.Assert.Empty(loaded.Errors.Select(error => error.ToString()));
        node = await RunningNode.StartAsync(loaded.Options!, NullLoggerFactory.Instance, TimeProvider.System);
    }

    public async Task StopNodeAsync()
    {
        await node!.DisposeAsync();
        node = null;
    }

    public Task<(int Code, string Output, string Error)> RunAsync(params string[] words) => CommandAsync([.. words, "--socket", Socket]);

    /// <summary>Where components and internal servers connect, or partners.</summary>
    public async Task<IPEndPoint> EndPointAsync(bool inside)
    {
        using var status = JsonDocument.Parse((await RunAsync("status", "--json")).Output);
        return IPEndPoint.Parse(status.RootElement.GetProperty(inside ? "internalListeners" : "s2SListeners")[0].GetString()!);
    }

    public static async Task<(int Code, string Output, string Error)> CommandAsync(params string[] words)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await CommandLine.RunAsync(
            words,
            (_, _, _) => Task.FromResult(ExitCode.Success),
            new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        return (code, output.ToString(), error.ToString());
    }

    public static string Yaml(string more) => $$"""
        node: { name: edge-1 }
        domains: [ { name: contoso.example, backEnd: { component: { secretFile: contoso.secret } } } ]
        listeners:
          s2s: [ { address: "127.0.0.1:0" } ]
          internal: [ { address: "127.0.0.1:0", allowPlain: loopback } ]
        readiness: { refuse: false }
        certificates: [ { certificate: edge.pem, key: edge.key } ]
        dialback: { secretFile: dialback.secret }
        dns: { servers: ["127.0.0.1:9"] }
        {{more}}
        """;

    public async ValueTask DisposeAsync()
    {
        if (node is not null)
        {
            await node.DisposeAsync();
        }

        Folder.Dispose();
    }
}
