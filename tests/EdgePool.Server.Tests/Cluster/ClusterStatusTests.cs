using System.Text.Json;
using EdgePool.Server.Cli;
using EdgePool.Server.Cli.Cluster;
using EdgePool.Server.Management.Wire;
using EdgePool.Server.Tests.Management;
using Xunit;

namespace EdgePool.Server.Tests.Cluster;

/// <summary>The pool as operators see it.</summary>
public sealed class ClusterStatusTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    // A node alone is a pool of one, on the embedded store.
    [Fact]
    public async Task Status_OfANodeAlone_IsItselfWithEveryShard()
    {
        await using var node = await NodeFixture.StartAsync();
        (int Code, string Output, string Error) answer;
        var asked = 0;
        do
        {
            answer = await node.RunAsync("cluster", "status", "--json");
        }
        while (answer.Code == ExitCode.Failed && ++asked < 1_000); // it takes its shards in some milliseconds

        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        using var json = JsonDocument.Parse(answer.Output);
        var pool = json.RootElement;
        Assert.Equal(("edge-1", true, "embedded"), (pool.GetProperty("pool").GetString(), pool.GetProperty("member").GetBoolean(), pool.GetProperty("store").GetProperty("kind").GetString()));
        var self = Assert.Single(pool.GetProperty("nodes").EnumerateArray());
        Assert.Equal(1024, self.GetProperty("shards").GetInt32());

        var (_, text, _) = await node.RunAsync("cluster", "status");
        Assert.Contains("1024 of 1024 have an owner", text);
    }

    [Fact]
    public void Write_ThreeNodes_ShowsStatesAndBars()
    {
        using var output = new StringWriter { NewLine = "\n" };
        ClusterStatusCommand.Write(
            new ClusterView(
                "edge-2",
                "site-a",
                Member: true,
                new ClusterStore("etcd", Answers: true, 1.2, Followed: true),
                new ClusterKept(7, Now.AddSeconds(-75), AwaySince: null, PendingConsents: 2),
                [
                    new ClusterNode("edge-1", "1.0", "10.0.0.1:5270", Ready: true, Draining: false, 12, Now.AddMinutes(-5), 1, 600) { LeaseSeconds = 5, UncertainStanzas = 4, Links = ["edge-2"] },
                    new ClusterNode("edge-2", "1.0", "10.0.0.2:5270", Ready: true, Draining: false, 3, Now.AddDays(-2), 2, 300),
                    new ClusterNode("edge-3", "1.1", "", Ready: false, Draining: true, 0, Started: null, 3, 1),
                ],
                new ClusterShards(1024, 123),
                ["123 shards have no owner"]),
            Now,
            output);

        Assert.Equal(
            """
            pool      site-a, seen by edge-2
            store     etcd, answers in 1.2 ms
            snapshot  documents of revision 7, kept on this node's disk 1m15s ago; 2 batches of consents wait for the store
            shards    901 of 1024 have an owner

            NODE    STATE     UP     STREAMS  SHARDS  BALANCE               LEASE  LINKS   UNCERTAIN  PEER           VERSION
            edge-1  ready     5m00s  12       600     ####################  5 s    1 of 2  4          10.0.0.1:5270  1.0
            edge-2  ready *   2d00h  3        300     ##########..........  -      -       -          10.0.0.2:5270  1.0
            edge-3  draining  -      0        1       #...................  -      -       -          -              1.1

            problem   123 shards have no owner

            """,
            output.ToString());
    }
}
