using System.Globalization;
using System.Text.Json;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Management.Wire;
using EdgePool.Testing.Certificates;

namespace EdgePool.Interop.Tests.Nodes;

/// <summary>
/// The real executable is killed as by kill -9 while operators edit, over and over: twenty kills among a thousand edits. Each edit writes three documents
/// with one number. Whatever was acknowledged is there after the restart, of the edit under way all or nothing, and the node starts.
/// </summary>
public sealed class NodeCrashTests
{
    private const int Kills = 20;
    private const int Edits = 1_000;
    private const int Writers = 4;

    private static readonly string[] Parts = ["left", "middle", "right"];

    [Fact]
    public async Task Kill_DuringEdits_KeepsWhatWasAcknowledgedAndNoHalfEdit()
    {
        Programs.Require("setpriv");
        var random = new Random(20261121);
        using var authority = new TestCertificateAuthority();
        using var folder = new NodeFolder(authority.Issue("contoso.example"));
        var acknowledged = new int[Writers];
        for (var kill = 0; kill <= Kills; kill++)
        {
            await using var node = await folder.StartAsync();
            using var client = new NodeClient(folder.Socket);
            await CheckAsync(client, acknowledged);
            if (kill < Kills)
            {
                await EditAndKillAsync(node, client, acknowledged, random.Next(1, 2 * Edits / Kills));
            }
        }

        Assert.True(acknowledged.Sum() > Edits / 2, $"only {acknowledged.Sum()} edits were made");
    }

    /// <summary>Each writer's documents stand at one number: the last one acknowledged, or the one that was under way.</summary>
    private static async Task CheckAsync(NodeClient client, int[] acknowledged)
    {
        var list = await client.GetAsync("/v1/documents?kind=Partner", WireJson.Default.DocumentList, CancellationToken.None);
        var numbers = list.Documents.ToDictionary(document => document.Name, document => Number(document.Spec!.Value), StringComparer.Ordinal);
        for (var writer = 0; writer < Writers; writer++)
        {
            var found = Parts.Select(part => numbers.GetValueOrDefault(Name(writer, part))).ToList();
            Assert.True(found.Distinct().Count() == 1, $"half an edit: writer {writer} has {string.Join(", ", found)}");
            Assert.InRange(found[0], acknowledged[writer], acknowledged[writer] + 1);
            acknowledged[writer] = found[0];
        }

        var status = await client.GetAsync("/v1/status", WireJson.Default.StatusView, CancellationToken.None);
        Assert.Equal((list.Revision, list.Documents.Count, null), (status.Policy.Version, status.Policy.Partners, status.Policy.Problem));
    }

    private static async Task EditAndKillAsync(ServerProcess node, NodeClient client, int[] acknowledged, int after)
    {
        var left = after;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writers = Enumerable.Range(0, Writers).Select(EditAsync).ToArray();
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await node.KillAsync();
        await Task.WhenAll(writers);

        async Task EditAsync(int writer)
        {
            while (true)
            {
                try
                {
                    await client.PostAsync("/v1/apply", Edit(writer, acknowledged[writer] + 1), WireJson.Default.ApplyRequest, WireJson.Default.EditReply, CancellationToken.None);
                }
                catch (CommandFailure)
                {
                    // Killed: whether this one was written, nobody said.
                    Assert.True(reached.Task.IsCompleted, node.Log);
                    return;
                }

                acknowledged[writer]++;
                if (Interlocked.Decrement(ref left) == 0)
                {
                    reached.TrySetResult();
                }
            }
        }
    }

    private static ApplyRequest Edit(int writer, int number)
        => new([.. Parts.Select(part => new WrittenView("Partner", Name(writer, part), JsonElement.Parse($$"""{"description":"{{number}}"}""")))]);

    private static string Name(int writer, string part) => string.Create(CultureInfo.InvariantCulture, $"{part}{writer}.example");

    private static int Number(JsonElement spec) => int.Parse(spec.GetProperty("description").GetString()!, CultureInfo.InvariantCulture);

    /// <summary>The configuration and store of a node that outlive its processes.</summary>
    private sealed class NodeFolder : IDisposable
    {
        private readonly string home = Directory.CreateTempSubdirectory("edgepool-crash-").FullName;

        public NodeFolder(IssuedCertificate certificate)
        {
            PrivateFile.Write(Path.Combine(home, "component.secret"), "a secret of some length\n");
            PrivateFile.Write(Path.Combine(home, "edgepool.yaml"), $$"""
                node: { name: edge-under-test }
                domains: [ { name: contoso.example, backEnd: { component: { secretFile: component.secret } } } ]
                listeners:
                  s2s: [ { address: "127.0.0.1:0" } ]
                  internal: [ { address: "127.0.0.1:0", allowPlain: loopback } ]
                certificates: [ { certificate: "{{certificate.CertificateFile}}", key: "{{certificate.KeyFile}}" } ]
                dns: { servers: ["127.0.0.1:9"] }
                readiness: { refuse: false }
                store: { directory: store }
                """);
        }

        public string Socket => Path.Combine(home, "store", "edgepool.sock");

        public async Task<ServerProcess> StartAsync()
        {
            var process = await ServerProcess.StartAsync(
                "edgepool", Path.Combine(AppContext.BaseDirectory, "edgepool"), ["run", "--config", Path.Combine(home, "edgepool.yaml")], home);
            await process.WaitForLogAsync(" 3200 Listening ");
            return process;
        }

        public void Dispose() => Directory.Delete(home, recursive: true);
    }
}
