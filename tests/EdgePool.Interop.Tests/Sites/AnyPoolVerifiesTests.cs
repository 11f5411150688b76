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
        var gate = SiteNames.GateFor(SiteNames.Prosody);
        await using var component = await ComponentClient.ConnectAsync(sites.Lines.ComponentsAt(SiteNames.B)[0], gate, TwoSites.Secret, TestContext.Current.CancellationToken);
        alice.Patience = TimeSpan.FromSeconds(40);

        await component.SendAsync($"<message from='bot@{gate}' to='{alice.Jid}'><body>by site B</body></message>", TestContext.Current.CancellationToken);
        await alice.WaitForAsync($"message[@from='bot@{gate}']/body[.='by site B']");

        string Proven(int node) => string.Join('\n', sites[node].Lines.Where(static line => line.Contains(" 1003 Authenticated ", StringComparison.Ordinal) && line.Contains(SiteNames.Distrustful, StringComparison.Ordinal)));
        Assert.Contains("method=DialbackOverTls", string.Join('\n', SiteNames.B.Select(Proven)), StringComparison.Ordinal);
        Assert.All(SiteNames.A, node => Assert.Equal("", Proven(node)));
        Assert.All(sites.Lines.CalledBy(SiteNames.Distrustful), static node => Assert.True(SiteNames.IsA(node), $"node {node} was asked"));
        Assert.NotEmpty(sites.Lines.CalledBy(SiteNames.Distrustful));
    }
}
