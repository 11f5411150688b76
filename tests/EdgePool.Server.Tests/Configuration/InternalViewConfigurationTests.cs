using System.Net;
using EdgePool.Edge.InternalDns;
using Xunit;

namespace EdgePool.Server.Tests.Configuration;

/// <summary><c>internalView:</c> of a node's file.</summary>
public sealed class InternalViewConfigurationTests : IDisposable
{
    private const string Example = """
        internalView:
          listen: ["127.0.0.1:53"]
          hosts:
            - { name: edge-1.edge.internal, addresses: ["10.0.0.1", "fd00::1"] }
            - { name: edge-b1.edge.internal, addresses: ["10.1.0.1"], port: 23457, priority: 20 }

        """;

    private readonly ConfigurationFolder folder = new();

    public static TheoryData<string, string, string> Bad => new()
    {
        { "  listen: [\"127.0.0.1:53\"]\n", "", ": error: the name server has no address — write the inner interface's address: listen: [\"10.0.0.1:53\"]" },
        { "127.0.0.1:53", "127.0.0.1", ": error: '127.0.0.1' is not address:port" },
        { "127.0.0.1:53", "127.0.0.1:23456", ": error: 127.0.0.1:23456 is already taken by listeners.internal[0].address" },
        { "127.0.0.1:53", "0.0.0.0:53", ": warning: 0.0.0.0:53 is reached from the partners' side too — bind to the inner interface's address" },
        { "name: edge-1.edge.internal, ", "", ": error: 'name' is missing — add name, such as name: edge-1.edge.internal" },
        { "edge-1.edge.internal", "edge..internal", ": error: 'edge..internal' is not a host name" },
        { "edge-b1.edge.internal", "Edge-1.edge.internal", "is named twice — write each host once, with all its addresses" },
        { "\"10.0.0.1\", \"fd00::1\"", "", ": error: the host has no address" },
        { "fd00::1", "inside", ": error: 'inside' is not an address" },
        { "port: 23457", "port: 70000", ": error: port is out of range — write a number from 1 to 65535" },
        { "port: 23457", "prot: 23457", ": error: 'prot' is not known here — did you mean 'port'?" },
    };

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Load_WithHosts_NamesThem()
    {
        var view = Load(Example).Options!.Edge.InternalView!;

        Assert.Equal([IPEndPoint.Parse("127.0.0.1:53")], view.Listen);
        Assert.Equal(
            ["edge-1.edge.internal 10.0.0.1 fd00::1 23456 10", "edge-b1.edge.internal 10.1.0.1 23457 20"],
            view.Hosts.Select(host => $"{host.Name} {string.Join(' ', host.Addresses)} {host.Port} {host.Priority}"));
    }

    [Fact]
    public void Load_WithoutHosts_ShowsThisNode()
    {
        var host = Assert.Single(Load("internalView: { listen: [\"127.0.0.1:53\"] }\n").Options!.Edge.InternalView!.Hosts);

        Assert.Equal("edge-1.edgepool.internal", host.Name.ToString());
        Assert.Equal([IPAddress.Loopback], host.Addresses);
        Assert.Equal(23456, host.Port);
    }

    [Theory]
    [InlineData("address: \"127.0.0.1:23456\", allowPlain: loopback", "address: \"0.0.0.0:23456\", clients: { ca: [internal-ca.pem] }")]
    public void Load_WithoutHostsWhereNoneFollow_AsksForThem(string listener, string instead)
        => Assert.Contains(
            Load("internalView: { listen: [\"127.0.0.1:53\"] }\n", listener, instead).Problems,
            problem => problem.ToString().Contains(": error: it does not follow from this node's listeners.internal where internal servers reach it — write hosts:", StringComparison.Ordinal));

    [Fact]
    public void Load_OneHostTooMany_IsAnError()
    {
        var hosts = string.Concat(Enumerable.Range(1, InternalViewOptions.MaxHosts + 1).Select(i => $"    - {{ name: edge-{i}.edge.internal, addresses: [\"10.0.0.{i}\"] }}\n"));

        Assert.Contains(Load($"internalView:\n  listen: [\"127.0.0.1:53\"]\n  hosts:\n{hosts}").Problems, problem => problem.ToString().Contains(": error: 17 hosts do not fit an answer — name at most 16", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Load_Bad_SaysWhereAndWhatToDo(string part, string instead, string expected)
    {
        Assert.Contains(part, Example, StringComparison.Ordinal);
        Assert.Contains(Load(Example.Replace(part, instead, StringComparison.Ordinal)).Problems, problem => problem.ToString().Contains(expected, StringComparison.Ordinal));
    }

    private EdgePool.Server.Configuration.ConfigurationResult Load(string view, string part = "partners:", string instead = "partners:")
    {
        var file = Shipped.Read("minimal.yaml");
        Assert.Contains(part, file, StringComparison.Ordinal);
        return folder.Load(file.Replace(part, instead, StringComparison.Ordinal) + view);
    }
}
