namespace EdgePool.Interop.Tests.Pools;

/// <summary>To which pool a partner comes, every node knows: with real processes.</summary>
public sealed class ArrivalPoolTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Partner_WithAStreamToOneNode_IsShownAtAnother()
    {
        await using var pool = await PoolOfProcesses.StartAsync();
        await using var partner = await PoolPartner.StartAsync(pool, "--connection-limit 3");
        Assert.NotNull(await partner.TryOpenAsync(1));

        var since = TimeProvider.System.GetTimestamp();
        for (var shown = ""; !shown.Contains($"{PoolPartner.Domain} comes to\n  site-a: opened its last stream at ", StringComparison.Ordinal);)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, shown);
            await Task.Delay(500, TestContext.Current.CancellationToken);
            shown = await pool.OperatorOf(2).DoAsync($"partner show {PoolPartner.Domain}");
        }
    }
}
