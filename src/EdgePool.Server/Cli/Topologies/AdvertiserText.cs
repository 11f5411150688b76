using EdgePool.Server.Cli.Display;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Topologies;

/// <summary>What operators read of the advertiser, in a line.</summary>
internal static class AdvertiserText
{
    /// <summary>Who it is, when it looked, and how much is wrong.</summary>
    public static string Of(AdvertiserView advertiser, DateTimeOffset now)
    {
        var who = $"advertiser {Shown.Of(advertiser.Node)}{(advertiser.Publishes ? ", which publishes" : "")}";
        var found = advertiser.Problems.Count + advertiser.More;
        return advertiser.Checked is { } at
            ? FormattableString.Invariant($"{who}; looked {Quantities.Time(Math.Max(0, (long)(now - at).TotalSeconds))} ago, version {advertiser.Version}: {(found == 0 ? "as the topology says" : $"{found} problems")}")
            : $"{who}; has not looked yet";
    }
}
