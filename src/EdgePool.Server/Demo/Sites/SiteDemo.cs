using EdgePool.Server.Cli;
using EdgePool.Server.Demo.Display;

namespace EdgePool.Server.Demo.Sites;

/// <summary>
/// <c>edgepool demo</c>: two sites whose SRV records have different priority. The first is killed in mid-traffic, the second takes over without anybody's doing, and the first
/// comes back.
/// </summary>
internal sealed class SiteDemo(DemoSettings settings, TimeProvider time) : SceneDemo(settings, time)
{
    private readonly List<(SitePartner Partner, TimeSpan? Took)> returns = [];
    private IReadOnlyList<(SitePartner Partner, TimeSpan? Took)> takeovers = [];

    /// <inheritdoc/>
    protected override IReadOnlyList<SitePlan> Plans { get; } = [new("a", Priority: 10, Nodes: 2), new("b", Priority: 20, Nodes: 2)];

    /// <inheritdoc/>
    protected override string Cast => "sites a and b of two nodes each, the component at every node, a name server, and three partners' servers";

    /// <inheritdoc/>
    protected override async Task PlayAsync(CancellationToken stop)
    {
        var (first, second) = (Scene.Sites[0], Scene.Sites[1]);
        Say($"SRV: priority {first.Priority} leads to site {first.Name}, {second.Priority} to site {second.Name}. {Where()}");
        await PassAsync(0.25, stop);
        if (stop.IsCancellationRequested)
        {
            return;
        }

        Say($"site {first.Name} is killed in mid-traffic: both nodes at once, nobody is told");
        takeovers = await KillAsync(first.Nodes, meanwhile: null, stop);
        Say($"traffic flows by site {second.Name}, to the next SRV target: {Times(takeovers)}. {Where()}");
        await PassAsync(0.5, stop);
        if (stop.IsCancellationRequested)
        {
            return;
        }

        await Scene.StartAsync(first, CancellationToken.None);
        Say($"site {first.Name} is back, on the same addresses. Partners stay on the streams that they have: no record makes a server leave one");
        await PassAsync(0.75, stop);
        Say($"still with site {second.Name}: {Scene.Partners.Count(partner => second.Has(partner.At))} of {Scene.Partners.Count}. Now each partner ends its stream, as servers do that are idle or restarted, and looks again");
        foreach (var partner in Scene.Partners.TakeWhile(_ => !stop.IsCancellationRequested))
        {
            returns.Add((partner, await RenewAsync(partner, first, stop)));
        }

        Say($"new streams follow the priority again: {Times(returns)}. {Where()}");
        await PassAsync(1, stop);
    }

    /// <inheritdoc/>
    protected override IDemoResult Conclude(SceneAccount account)
        => new SiteDemoResult(account, [.. takeovers.Select(static one => new Switchover(one.Partner.Domain, one.Took))], [.. returns.Select(static one => new Switchover(one.Partner.Domain, one.Took))], Scene.Partners.Count);

    private static string Times(IEnumerable<(SitePartner Partner, TimeSpan? Took)> times) => string.Join(", ", times.Select(static one => $"{one.Partner.Domain} after {Figures.Took(one.Took)}"));

    private string Where() => string.Join(", ", Scene.Partners.Select(static partner => $"{partner.Domain} is with {partner.At ?? "no node"}"));
}
