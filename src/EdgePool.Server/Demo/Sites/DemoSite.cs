namespace EdgePool.Server.Demo.Sites;

/// <summary>A site of the organisation: one pool of nodes.</summary>
/// <param name="Name">Its name, and its pool's.</param>
/// <param name="Priority">Of its SRV records: partners come to the site of the lowest that takes them.</param>
/// <param name="Nodes">How many.</param>
internal sealed record SitePlan(string Name, ushort Priority, int Nodes);

/// <summary>A site while the demo runs.</summary>
/// <param name="plan">What was planned.</param>
/// <param name="make">Makes a node of that name; the last argument is the node that had the name before.</param>
internal sealed class DemoSite(SitePlan plan, Func<SitePlan, string, DemoNode?, DemoNode> make)
{
    /// <summary>Its name, and its pool's.</summary>
    public string Name => plan.Name;

    /// <summary>Of its SRV records.</summary>
    public ushort Priority => plan.Priority;

    /// <summary>Its nodes; those that were killed stay in their places until <see cref="Renew"/>.</summary>
    public IReadOnlyList<DemoNode> Nodes { get; private set; }
        = [.. Enumerable.Range(1, plan.Nodes).Select(number => make(plan, FormattableString.Invariant($"edge-{plan.Name}{number}"), null))];

    /// <summary>New processes take the places of those that were killed, on the same addresses; they are to be started.</summary>
    public IReadOnlyList<DemoNode> Renew()
    {
        Nodes = [.. Nodes.Select(node => node.IsDead ? make(plan, node.Name, node) : node)];
        return Nodes;
    }

    /// <summary>A node of this name is one of its own.</summary>
    public bool Has(string? name) => Nodes.Any(node => string.Equals(node.Name, name, StringComparison.Ordinal));
}
