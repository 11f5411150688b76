using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using EdgePool.Cluster.Etcd;
using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.Etcd;

/// <summary>Debian's etcd on loopback ports of its own, one member or three, with its data in a folder that goes with it.</summary>
public sealed class EtcdServers : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static int prefixes;
    private readonly string folder;

    private EtcdServers(string folder, EtcdMember[] members) => (this.folder, Members) = (folder, members);

    internal IReadOnlyList<EtcdMember> Members { get; }

    internal IReadOnlyList<Uri> Endpoints => [.. Members.Select(m => m.Endpoint)];

    /// <summary>Starts them, and waits until they agree.</summary>
    /// <param name="count">How many.</param>
    /// <param name="further">Options for all.</param>
    internal static async Task<EtcdServers> StartAsync(int count, params string[] further)
    {
        Programs.Require("etcd", "setpriv");
        var place = Directory.CreateTempSubdirectory("edgepool-etcd-").FullName;
        var peers = Enumerable.Range(0, count).Select(_ => new Uri($"http://127.0.0.1:{LoopbackAddresses.FreePort()}")).ToArray();
        var cluster = string.Join(',', peers.Select((peer, i) => $"m{i}={peer.GetLeftPart(UriPartial.Authority)}"));
        var servers = new EtcdServers(
            place, [.. peers.Select((peer, i) => new EtcdMember($"m{i}", new IPEndPoint(IPAddress.Loopback, LoopbackAddresses.FreePort()), peer, place, cluster, further))]);
        try
        {
            await Task.WhenAll(servers.Members.Select(m => m.StartAsync()));
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <summary>A deployment that nobody else has.</summary>
    internal EtcdOptions NewDeployment()
        => new() { Endpoints = Endpoints, Prefix = $"/test-{Interlocked.Increment(ref prefixes)}/", Deadline = TimeSpan.FromSeconds(20) };

    /// <summary>The position in <see cref="Members"/> of the leader, by etcd's JSON interface.</summary>
    internal async Task<int> LeaderAsync()
    {
        for (var since = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            for (var i = 0; i < Members.Count; i++)
            {
                using var status = await PostAsync(i, "v3/maintenance/status", "{}");
                var root = status.RootElement;
                if (root.TryGetProperty("leader", out var leader) && root.GetProperty("header").GetProperty("member_id").GetString() == leader.GetString())
                {
                    return i;
                }
            }

            Assert.True(since.Elapsed < Patience, "no member leads");
        }
    }

    /// <summary>Forgets all that was before now.</summary>
    /// <param name="member">Whom to ask.</param>
    internal async Task CompactAsync(int member = 0)
    {
        using var status = await PostAsync(member, "v3/maintenance/status", "{}");
        var revision = status.RootElement.GetProperty("header").GetProperty("revision").GetString();
        (await PostAsync(member, "v3/kv/compaction", $$"""{"revision":"{{revision}}"}""")).Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members)
        {
            await member.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    private async Task<JsonDocument> PostAsync(int member, string path, string body)
    {
        using var http = new HttpClient();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri(Members[member].Endpoint, path), content);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
    }
}
