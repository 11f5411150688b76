using EdgePool.Server.Advertising;

namespace EdgePool.Server.Management.Wire;

/// <summary>How the nodes stand to the topology, as one of them sees it.</summary>
/// <param name="Version">The version that is in force at the node that tells; 0: nobody wrote one.</param>
/// <param name="Nodes">The nodes.</param>
/// <param name="Problems">What is wrong, in words; empty: nothing.</param>
internal sealed record TopologyStatusView(long Version, IReadOnlyList<TopologyNodeView> Nodes, IReadOnlyList<string> Problems)
{
    /// <summary>Partners' domains that do not go where our SRV records send them, each with what is to be said of it, the first of them.</summary>
    public IReadOnlyDictionary<string, string>? Partners { get; init; }

    /// <summary>How DNS stands to it; null: nobody looks, or nobody has been heard yet.</summary>
    public AdvertiserView? Advertiser { get; init; }
}

/// <summary>The advertiser, and what it has found.</summary>
/// <param name="Node">The node that is elected.</param>
/// <param name="Version">The version of the topology that it looked at.</param>
/// <param name="Checked">When, by its clock; null: it has not looked yet.</param>
/// <param name="Publishes">It brings the records to the zones' primary servers.</param>
/// <param name="Problems">What is wrong, in words.</param>
/// <param name="More">How many more there are.</param>
internal sealed record AdvertiserView(string Node, long Version, DateTimeOffset? Checked, bool Publishes, IReadOnlyList<string> Problems, int More)
{
    /// <summary>As it told; null: there is none.</summary>
    public static AdvertiserView? Of(AdvertiserReport? report)
        => report is null ? null : new AdvertiserView(report.Node, report.Version, report.Checked, report.Publishes, report.Problems, report.More);
}

/// <summary>A node beside the topology.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pool">The pool that the topology has it in; null: none.</param>
/// <param name="State">One of <see cref="TopologyNodeState"/>.</param>
/// <param name="Version">The version that it has in force; 0: none.</param>
/// <param name="Since">Since when, by its own clock.</param>
/// <param name="Lacks">What it lacks for its part, in words; null: nothing.</param>
internal sealed record TopologyNodeView(string Name, string? Pool, string State, long Version, DateTimeOffset? Since, string? Lacks);

/// <summary>The closed set of how a node stands to the topology.</summary>
internal static class TopologyNodeState
{
    /// <summary>The newest version is in force there.</summary>
    public const string UpToDate = "up to date";

    /// <summary>Another version is in force there.</summary>
    public const string Behind = "behind";

    /// <summary>Nothing is heard of it.</summary>
    public const string Missing = "missing";

    /// <summary>It says that it is in another pool.</summary>
    public const string Elsewhere = "elsewhere";

    /// <summary>The topology does not name it.</summary>
    public const string Unnamed = "unnamed";
}
