using System.Collections.Immutable;
using System.Text;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

// RFC 6120 sections 8.1.1.2 and 8.1.2.2, XEP-0114 section 3, XEP-0220 section 2.4 (several pairs on one stream).
public sealed class GateTests
{
    private readonly RouteTable routes = RoutingOptions.Table(new VirtualTimeProvider(), new Ledger());

    [Theory]
    [InlineData("p1.example", "edge.example", "route edge.example-edge.example")]
    [InlineData("p2.example", "edge.example", "route edge.example-edge.example")]
    [InlineData("p1.example", "other.example", "end ImproperAddressing")]
    [InlineData("p1.example", "p2.example", "end HostUnknown")]
    [InlineData("p1.example", "nobody.example", "end HostUnknown")]
    [InlineData("edge.example", "edge.example", "end InvalidFrom")]
    [InlineData("p3.example", "edge.example", "end InvalidFrom")]
    [InlineData("p3.example", "nobody.example", "end InvalidFrom")]
    [InlineData("sub.p1.example", "edge.example", "end InvalidFrom")]
    public void PairGate_OfAPartner(string from, string to, string verdict)
        => Assert.Equal(verdict, Judge(Partner("p1.example", "p2.example"), from, to));

    [Theory]
    [InlineData("inside.example", "p1.example", "route inside.example-p1.example")]
    [InlineData("inside.example", "p2.example", "end ImproperAddressing")]
    [InlineData("inside.example", "edge.example", "end ImproperAddressing")]
    [InlineData("inside.example", "nobody.example", "bounce RemoteServerNotFound")]
    [InlineData("inside.example", "off.example", "bounce RemoteServerNotFound")]
    [InlineData("edge.example", "p1.example", "end InvalidFrom")]
    public void PairGate_OfAnInternalServer(string from, string to, string verdict)
    {
        var rules = new Edge.Partners.InternalRules(routes, new Edge.Partners.LivePolicy(RoutingOptions.Create().Policy));
        var gate = new PairGate(routes, [Pair("p1.example", "inside.example")], rules.Serves, bounceUnserved: true);

        Assert.Equal(verdict, Judge(gate, from, to));
    }

    [Theory]
    [InlineData("edge.example", "p1.example", "route edge.example-p1.example")]
    [InlineData("edge.example", "other.example", "route other.example-other.example")]
    [InlineData("edge.example", "inside.example", "route edge.example-inside.example")]
    [InlineData("edge.example", "nobody.example", "bounce RemoteServerNotFound")]
    [InlineData("other.example", "p1.example", "end InvalidFrom")]
    [InlineData("p1.example", "edge.example", "end InvalidFrom")]
    public void ComponentGate_SpeaksForItsOwnDomain(string from, string to, string verdict)
        => Assert.Equal(verdict, Judge(new ComponentGate(routes, DomainName.Parse("edge.example")), from, to));

    [Theory]
    [InlineData("p1.example", "edge.example")]
    [InlineData("p3.example", null)]
    public void AnsweringFor_IsTheLocalSideOfThePair(string from, string? local)
    {
        Assert.Equal(local, Partner("p1.example").AnsweringFor(Utf8(from))?.Ascii);
        Assert.Equal(from == "p1.example" ? "p1.example" : null, new ComponentGate(routes, DomainName.Parse("p1.example")).AnsweringFor(Utf8(from))?.Ascii);
    }

    private PairGate Partner(params string[] remotes)
        => new(routes, remotes.Select(remote => Pair("edge.example", remote)).ToImmutableArray(), routes.IsLocal, bounceUnserved: false);

    private static DomainPair Pair(string local, string remote) => new(DomainName.Parse(local), DomainName.Parse(remote));

    private static string Judge(Gate gate, string from, string to)
    {
        var admission = gate.Admit(Utf8(from), Utf8(to));
        return admission.EndsStream is { } condition ? $"end {condition}" : admission.Route is { } route ? $"route {route}" : $"bounce {admission.Bounce}";
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
