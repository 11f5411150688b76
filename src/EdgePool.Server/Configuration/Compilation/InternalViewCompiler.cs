using System.Globalization;
using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Edge;
using EdgePool.Edge.InternalDns;
using EdgePool.Server.Configuration.Written;

namespace EdgePool.Server.Configuration.Compilation;

/// <summary>Compiles <c>internalView</c>: where internal servers ask for names, and the nodes that they are sent to.</summary>
internal sealed class InternalViewCompiler(ListenerCompiler listeners, ProblemList problems)
{
    private const string Section = "internalView";

    /// <summary>Compiles; null, with errors, where something of it cannot be used.</summary>
    /// <param name="written">As written.</param>
    /// <param name="node">This node's name.</param>
    /// <param name="inside">Its listeners for internal servers: where no hosts are written, the view sends internal servers there.</param>
    public InternalViewOptions? Compile(InternalViewDocument written, string? node, IReadOnlyList<InternalListenerOptions> inside)
    {
        if (written.Listen.Count == 0)
        {
            problems.Error(Section + ".listen", "the name server has no address", "write the inner interface's address: listen: [\"10.0.0.1:53\"]");
        }

        if (written.Hosts.Count > InternalViewOptions.MaxHosts)
        {
            problems.Error(Section + ".hosts", $"{written.Hosts.Count} hosts do not fit an answer", $"name at most {InternalViewOptions.MaxHosts}: this site's nodes, then the next site's");
        }

        var listen = written.Listen.Select((text, index) => listeners.View(text, At("listen", index))).OfType<IPEndPoint>().ToList();
        IReadOnlyList<ViewHost> hosts = written.Hosts.Count > 0 ? [.. written.Hosts.Select(Host).OfType<ViewHost>()] : Own(node ?? "", inside);
        foreach (var twice in hosts.GroupBy(host => host.Name).Where(same => same.Count() > 1))
        {
            problems.Error(Section + ".hosts", $"{twice.Key} is named twice", "write each host once, with all its addresses");
        }

        return listen.Count > 0 && hosts.Count > 0 ? new InternalViewOptions(listen, hosts) { FollowsTopology = written.Hosts.Count == 0 } : null;
    }

    /// <summary>This node, as its listeners are reached.</summary>
    private IReadOnlyList<ViewHost> Own(string node, IReadOnlyList<InternalListenerOptions> inside)
    {
        var hosts = ViewHost.Of(node, inside.Select(listener => listener.Address));
        if (hosts.Count == 0 || inside.Any(listener => ListenerCompiler.IsAny(listener.Address.Address)))
        {
            problems.Error(Section + ".hosts", "it does not follow from this node's listeners.internal where internal servers reach it", "write hosts: [ { name: edge-1.edge.internal, addresses: [\"10.0.0.1\"] } ]");
            return [];
        }

        return hosts;
    }

    private ViewHost? Host(ViewHostDocument written, int index)
    {
        var path = At("hosts", index);
        if (written.Addresses.Count == 0)
        {
            problems.Error(path + ".addresses", "the host has no address", "write its inner addresses: addresses: [\"10.0.0.1\"]");
            return null;
        }

        var addresses = written.Addresses.Select(text => IPAddress.TryParse(text, out var address) ? address : null).ToList();
        if (addresses.FindIndex(address => address is null) is >= 0 and var bad)
        {
            problems.Error(path + ".addresses", $"'{Shown.Of(written.Addresses[bad])}' is not an address", "write IPv4 or IPv6 addresses, such as \"10.0.0.1\"");
            return null;
        }

        if (!DnsName.TryParse(written.Name, out var name))
        {
            if (written.Name is not null)
            {
                problems.Error(path + ".name", $"'{Shown.Of(written.Name)}' is not a host name", "write one such as edge-1.edge.internal; the view itself answers for it");
            }

            return null;
        }

        return new ViewHost(name, addresses!, (ushort)(written.Port ?? 23456), (ushort)(written.Priority ?? 10));
    }

    private static string At(string key, int index) => string.Create(CultureInfo.InvariantCulture, $"{Section}.{key}[{index}]");
}
