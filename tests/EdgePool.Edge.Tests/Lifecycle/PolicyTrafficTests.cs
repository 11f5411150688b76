using System.Globalization;
using System.Xml.Linq;
using EdgePool.Cluster.Documents;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Edge.Tests.Partners;
using EdgePool.Policy.Documents;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// Twenty partners, stanzas in both directions, and an operator who edits all the time.
public sealed class PolicyTrafficTests
{
    private const int Partners = 20;
    private const int Steady = 15; // the others come and go
    private const int Rounds = 30;
    private const int InARound = 10;

    private readonly Random random = new(3);
    private readonly Dictionary<string, long> versions = new(StringComparer.Ordinal);

    [Fact]
    public async Task Apply_WhileStanzasFlow_NothingOfThoseAllowedIsLostAndTheLedgerBalances()
    {
        await using var store = await StoreFixture.OpenAsync();
        await using var scene = await EdgeScene.StartAsync(store);
        await ApplyAsync(scene, new DocumentKey(DocumentKinds.AccessPolicy, "global"), """{"enableFederationAccess": true, "enableXmppAccess": true}""");
        var servers = new List<PartnerServer>();
        for (var i = 0; i < Partners; i++)
        {
            await EditAsync(scene, i, "");
            servers.Add(new PartnerServer(Domain(i), scene.Authority.Issue(Domain(i))));
            scene.Publish(Domain(i), servers[i].EndPoint.Port);
        }

        await using var component = await scene.ComponentAsync();
        var inbound = await Task.WhenAll(Enumerable.Range(0, Steady).Select(i => scene.PartnerAsync(Domain(i))));

        for (var round = 0; round < Rounds; round++)
        {
            var editing = EditSomethingAsync(scene);
            for (var i = 0; i < Partners; i++)
                await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@" + Domain(i), InARound, first: round * InARound));
            for (var i = 0; i < Steady; i++)
                await inbound[i].SendAsync(S2SDialogue.Messages("b@" + Domain(i), "a@edge.example", InARound, first: round * InARound));
            await editing;
        }

        for (var i = Steady; i < Partners; i++)
            await EditAsync(scene, i, "");
        await AssertAllCameAsync(component);
        await AssertAllWentAsync(servers);
        await scene.UntilAsync(() => scene.Account is { Balances: true, InFlight: 0 }, "a balanced ledger", TimeSpan.FromMilliseconds(100));
        Assert.Equal(Rounds * InARound * (Partners + Steady), scene.Account.Accepted);
        Assert.True(scene.Account.Bounced > 0, "some were answered, for their partner was not allowed");
        Assert.All(servers.Take(Steady), server => Assert.Equal(1, server.Connections)); // no edit of others ended a stream
        foreach (var peer in inbound)
            await peer.DisposeAsync();
        foreach (var server in servers)
            await server.DisposeAsync();
    }

    private static string Domain(int partner) => string.Create(CultureInfo.InvariantCulture, $"q{partner}.example");

    /// <summary>One of: a steady partner gets another description, or a rate that it does not reach; the gateway another limit; one that comes and goes, comes or goes.</summary>
    private async Task EditSomethingAsync(EdgeScene scene)
    {
        for (var edits = 1 + random.Next(3); edits > 0; edits--)
        {
            await (random.Next(4) switch
            {
                0 => EditAsync(scene, random.Next(Steady), string.Create(CultureInfo.InvariantCulture, $"\"description\": \"{random.Next()}\"")),
                1 => EditAsync(scene, random.Next(Steady), string.Create(CultureInfo.InvariantCulture, $"\"rate\": {{\"stanzasPerSecond\": {100_000 + random.Next(1_000)}}}")),
                2 => ApplyAsync(scene, new DocumentKey(DocumentKinds.Gateway, DocumentKinds.GatewayName), string.Create(CultureInfo.InvariantCulture, $"{{\"connectionLimit\": {500 + random.Next(500)}}}")),
                _ => EditAsync(scene, Steady + random.Next(Partners - Steady), random.Next(2) == 0 ? "\"enabled\": false" : ""),
            });
        }
    }

    private Task EditAsync(EdgeScene scene, int partner, string more)
        => ApplyAsync(scene, new DocumentKey(DocumentKinds.Partner, Domain(partner)), "{" + scene.FederatedSpec() + (more.Length == 0 ? "" : ", ") + more + "}");

    private async Task ApplyAsync(EdgeScene scene, DocumentKey key, string body)
    {
        var outcome = await scene.Node.ApplyAsync([new DocumentChange(key, body, versions.GetValueOrDefault(key.ToString()))], "operator", "", CancellationToken.None);
        var revision = outcome is ApplyOutcome.InForce inForce ? inForce.Revision : throw new InvalidOperationException(outcome.ToString());
        versions[key.ToString()] = revision;
        Assert.True(scene.Node.Policy.Version >= revision);
    }

    /// <summary>The component hears each steady partner's messages: each once, in order.</summary>
    private static async Task AssertAllCameAsync(ComponentClient component)
    {
        var next = new Dictionary<string, int>(StringComparer.Ordinal);
        while (next.Count < Steady || next.Values.Any(count => count < Rounds * InARound))
        {
            var stanza = await component.ReceiveAsync();
            var from = stanza.Attribute("from")!.Value;
            if (stanza.Attribute("type")!.Value == "error")
                Assert.Contains(from, Enumerable.Range(Steady, Partners - Steady).Select(i => "b@" + Domain(i)));
            else
                Assert.Equal(next[from] = next.GetValueOrDefault(from) + 1, S2SDialogue.Number(stanza) + 1);
        }
    }

    /// <summary>Each steady partner hears every message to it: each once, in order.</summary>
    private static async Task AssertAllWentAsync(List<PartnerServer> servers)
    {
        foreach (var server in servers.Take(Steady))
        {
            for (var i = 0; i < Rounds * InARound; i++)
            {
                XElement stanza = await server.ReceiveAsync();
                Assert.Equal(i, S2SDialogue.Number(stanza));
            }
        }
    }
}
