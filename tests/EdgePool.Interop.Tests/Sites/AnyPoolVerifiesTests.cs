using EdgePool.Interop.Tests.Faults;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Sites;

/// <summary>XEP-0220: a key that one pool made is verified by the other, to which the SRV records lead first.</summary>
[Collection(nameof(MachineOfItsOwn))]
[Trait("run", "alone")]
public sealed class AnyPoolVerifiesTests(TwoSites sites) : IClassFixture<TwoSites>
{
    [Fact]
    public async Task Dialback_OfAStreamThatTheSecondSiteOpened_IsVerifiedByTheFirst()
    {
        await using var partner = await sites.RunDistrustfulAsync();
        await using var alice = await partner.ConnectAsync();
        await using var component = await ComponentClient.ConnectAsync(sites.Lines.ComponentsAt(SiteNames.B)[0], SiteNames.OfB, TwoSites.Secret, TestContext.Current.CancellationToken);
        alice.Patience = TimeSpan.FromSeconds(40);

        await component.SendAsync($"<message from='bot@{SiteNames.OfB}' to='{alice.Jid}'><body>by site B</body></message>", TestContext.Current.CancellationToken);
        await alice.WaitForAsync($"message[@from='bot@{SiteNames.OfB}']/body[.='by site B']");

        var opener = await await Task.WhenAny(((int[])[.. SiteNames.A, .. SiteNames.B]).Select(SaidToHaveOpenedAsync)); // a node writes its log behind the traffic
        Assert.False(SiteNames.IsA(opener), "a node of site A opened the stream");
        Assert.True(SiteNames.IsA(Assert.Single(sites.Lines.CalledBy(SiteNames.Distrustful))), "a node of site B was asked");
    }

    private async Task<int> SaidToHaveOpenedAsync(int node)
    {
        await sites.ProcessOf(node).WaitForLogAsync($"pair={SiteNames.OfB}-{SiteNames.Distrustful} method=DialbackOverTls", NodeProcesses.Patience);
        return node;
    }
}
