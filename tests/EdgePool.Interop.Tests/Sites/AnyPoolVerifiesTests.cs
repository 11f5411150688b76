using EdgePool.Interop.Tests.Faults;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Sites;

/// <summary>XEP-0220: a key that one pool made is verified by the other, to which the SRV records lead first.</summary>
[Collection(nameof(MachineOfItsOwn))]
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

        bool Opened(int node) => sites[node].Lines.Any(static line => line.Contains($"pair={SiteNames.OfB}-{SiteNames.Distrustful} method=DialbackOverTls", StringComparison.Ordinal));
        Assert.False(SiteNames.IsA(Assert.Single([.. SiteNames.A, .. SiteNames.B], Opened)), "a node of site A opened the stream");
        Assert.True(SiteNames.IsA(Assert.Single(sites.Lines.CalledBy(SiteNames.Distrustful))), "a node of site B was asked");
    }
}
