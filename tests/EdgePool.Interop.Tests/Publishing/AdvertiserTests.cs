
namespace EdgePool.Interop.Tests.Publishing;

/// <summary>The advertiser of a real node beside a real BIND: it warns of what differs, publishes where the topology says so, and leaves records of others alone.</summary>
public sealed class AdvertiserTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Advertiser_OfANodeAlone_WarnsThenPublishesAndFollowsTheTopology()
    {
        await using var primary = await PrimaryServer.StartAsync(PrimaryKind.Bind);
        await using var node = await EdgeWithStore.StartAsync(primary.EndPoint, primary.KeyFile);

        await node.PublishAsync(TopologyFile.Write(primary.Folder, primary.EndPoint));
        var warned = await UntilAsync(node, said => said.Contains("edge-a.contoso.example. is missing", StringComparison.Ordinal));
        Assert.Contains("dns       advertiser edge-under-test; looked ", warned, StringComparison.Ordinal);
        Assert.Contains("dns       advertiser edge-under-test; looked ", (await node.Operator.AskAsync("status")).Said, StringComparison.Ordinal);

        await node.PublishAsync(TopologyFile.Write(primary.Folder, primary.EndPoint, ("ttl: 2m,", "ttl: 10s, checkEvery: 10s, advertise: publish,")));
        var published = await UntilAsync(node, said => said.Contains("version 2: as the topology says", StringComparison.Ordinal));
        Assert.Contains("advertiser edge-under-test, which publishes; looked ", published, StringComparison.Ordinal);
        var check = $"dns check --authoritative {primary.EndPoint} --resolver {primary.EndPoint}";
        Assert.Contains("all is as the topology says", await node.Operator.DoAsync(check), StringComparison.Ordinal);

        await node.PublishAsync(TopologyFile.Write(primary.Folder, primary.EndPoint, ("ttl: 2m,", "ttl: 10s, checkEvery: 10s, advertise: publish,"), ("203.0.113.11, ", "")));
        await UntilAsync(node, said => said.Contains("version 3: as the topology says", StringComparison.Ordinal));
        Assert.Contains("all is as the topology says", await node.Operator.DoAsync(check), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Advertiser_ThatFindsRecordsOfOthers_SaysSoAndLeavesThem()
    {
        await using var primary = await PrimaryServer.StartAsync(PrimaryKind.Bind, "edge-a.contoso.example. A 203.0.113.99");
        await using var node = await EdgeWithStore.StartAsync(primary.EndPoint, primary.KeyFile);

        await node.PublishAsync(TopologyFile.Write(primary.Folder, primary.EndPoint, ("ttl: 2m,", "ttl: 10s, checkEvery: 10s, advertise: publish,")));

        var said = await UntilAsync(node, text => text.Contains("records of others stand in the place of ours", StringComparison.Ordinal));
        Assert.Contains("edge-a.contoso.example A: 203.0.113.99 is there, and the topology does not name it", said, StringComparison.Ordinal);

        // What it asked for before would stand in the log before this.
        var key = Path.Combine(primary.Folder, "unknown.key");
        PrimaryServer.WriteKey(key, "nobody", "b3RoZXIgc2VjcmV0IG9mIHRoZSB0ZXN0cywgbm90IGl0");
        Assert.NotEqual(0, (await node.Operator.AskAsync($"dns publish --key {key} --take-over")).Code);
        await primary.WaitForLogAsync("tsig verify failure");
        Assert.DoesNotContain("approved", primary.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("updating zone", primary.Log, StringComparison.Ordinal);
    }

    /// <summary>What 'edgepool topology status' says, as soon as it is as wanted; the nodes of the topology are others than this one, so that it is never all well.</summary>
    private static async Task<string> UntilAsync(EdgeWithStore node, Func<string, bool> wanted)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var status = await node.Operator.AskAsync("topology status");
            if (wanted(status.Said))
            {
                return status.Said;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, status.Said);
            await Task.Delay(500, TestContext.Current.CancellationToken);
        }
    }
}
