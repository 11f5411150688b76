using System.Net;
using EdgePool.Edge;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Server.Tests.Configuration;

/// <summary>Every file in cluster-config loads, and the commented defaults are the real ones.</summary>
public sealed class ShippedConfigurationTests : IDisposable
{
    private readonly ConfigurationFolder folder = new();

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Shipped.Folder(), "*.yaml").Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Files))]
    public void Load_ShippedFile_HasNoProblem(string file)
    {
        var result = folder.Load(Shipped.Read(file));

        Assert.Empty(result.Problems.Select(problem => problem.ToString()));
        Assert.NotNull(result.Options);
    }

    [Fact]
    public void Load_FullExample_CompilesEachPart()
    {
        var edge = folder.Load(Shipped.Read("edgepool.yaml")).Options!.Edge;

        Assert.Equal("edge-1", edge.NodeName);
        Assert.Equal(["contoso.example", "chat.contoso.example"], edge.LocalDomains.Select(domain => domain.Name.Ascii));
        Assert.Equal("a secret of some length", Assert.IsType<BackEndOptions.Component>(edge.LocalDomains[0].BackEnd).Secret);
        var server = Assert.IsType<BackEndOptions.Server>(edge.LocalDomains[1].BackEnd);
        Assert.Equal(("10.0.0.5", 5269), (server.Host, server.Port));
        Assert.Equal(AuthenticationMethods.SaslOverTls | AuthenticationMethods.TlsDialback, server.Terms.Methods);
        Assert.Single(server.Trust.Roots);
        Assert.Equal([new(IPAddress.Any, 5269), new(IPAddress.IPv6Any, 5269)], edge.S2SListeners.Select(listener => listener.Address));
        Assert.Equal([(true, false), (false, true)], edge.InternalListeners.Select(listener => (listener.AllowPlain, listener.RequireClientCertificate)));
        Assert.True(Assert.Single(edge.Certificates).Certificate.HasPrivateKey);
        Assert.True(edge.DialbackSecrets.IsSame(new DialbackSecrets("another secret of some length")));
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8")], edge.DeniedNetworks);
        Assert.Empty(edge.AllowedNetworks);
        Assert.Equal(["strict.example", "partner.example", "rooms.example", "paused.example"], edge.Policy.Partners.Select(partner => partner.Name));
        var rooms = edge.Policy.Find("rooms.example"u8)!;
        Assert.Contains(MessageKind.Groupchat, rooms.Rules.Messages);
        Assert.DoesNotContain(MessageKind.Groupchat, edge.Policy.Find("strict.example"u8)!.Rules.Messages);
        Assert.Equal(200, rooms.Rate!.StanzasPerSecond);
        Assert.False(edge.Policy.Find("conference.partner.example"u8)!.Trust!.System);
    }

    // One reader for both: what the Partner document may say, the node's file may.
    [Fact]
    public void Load_PartnerOfTheDocumentsExample_IsTheSameInTheNodesFile()
    {
        var document = Shipped.Read("documents/partners.yaml").Split("---\n")[1];
        var spec = document[(document.IndexOf("spec:\n", StringComparison.Ordinal) + "spec:\n".Length)..];
        var file = Shipped.Read("minimal.yaml");
        var partners = $"partners:\n  - domain: everything.example\n{string.Concat(spec.Split('\n').Select(line => $"  {line}\n"))}";

        var result = folder.Load(file[..file.IndexOf("partners:", StringComparison.Ordinal)] + partners);

        Assert.Empty(result.Errors.Select(problem => problem.ToString()));
        var partner = Assert.Single(result.Options!.Edge.Policy.Partners);
        Assert.Equal((40, 100, 1), (partner.ConnectionLimit, partner.Rate!.StanzasPerSecond, partner.AdditionalDomains.Count));
        Assert.True(partner.Rules.StripStatus);
    }

    [Fact]
    public void Load_FullExample_StatesTheDefaults()
    {
        var edge = folder.Load(Shipped.Read("edgepool.yaml")).Options!.Edge;

        Assert.Equal(new StreamLimits(), edge.Limits);
        Assert.Equal(new StreamTimeouts(), edge.Timeouts);
    }

    [Fact]
    public void Load_MutatedExample_NeverThrows()
    {
        const string Tricky = "{}[]&*!|>'\"%@`:,-?#\n\t \0\u2028";
        var random = new Random(20260601);
        var good = Shipped.Read("edgepool.yaml");
        for (var i = 0; i < 400; i++)
        {
            var text = new System.Text.StringBuilder(good);
            for (var edits = random.Next(1, 4); edits > 0 && text.Length > 100; edits--)
            {
                var at = random.Next(text.Length - 40);
                switch (random.Next(4))
                {
                    case 0:
                        text.Remove(at, random.Next(1, 40));
                        break;
                    case 1:
                        text.Insert(at, Tricky[random.Next(Tricky.Length)]);
                        break;
                    case 2:
                        text.Insert(at, text.ToString(random.Next(text.Length - 40), random.Next(40)));
                        break;
                    default:
                        text.Length = at + 20;
                        break;
                }
            }

            var result = folder.Load(text.ToString());

            Assert.All(result.Problems, problem => Assert.DoesNotContain(problem.ToString(), char.IsControl));
            Assert.Equal(result.Options is null, result.Errors.Any());
        }
    }

    [Fact]
    public void Load_Minimal_MakesADialbackSecret()
    {
        var options = folder.Load(Shipped.Read("minimal.yaml")).Options!;

        Assert.True(options.RandomDialbackSecret);
        Assert.True(options.Edge.DialbackSecrets.IsSame(new DialbackSecrets(new string('0', 64)))); // 32 bytes
        Assert.Null(options.Edge.DialbackSecretSource);
    }
}
