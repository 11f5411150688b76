using System.Collections.Concurrent;
using System.Xml.Linq;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// POL-19 under load: policies come and go while stanzas flow in both directions.
public sealed class PolicyStressTests
{
    private const int Denied = -1;
    private const int Allowed = -2;
    private static readonly PartnerDocument P1 = new() { Domain = "p1.example" };
    private static readonly PartnerDocument P2 = new() { Domain = "p2.example" };

    private readonly Random random = new(19);
    private readonly ConcurrentQueue<XElement> inside = new();
    private readonly HashSet<int> refused = [];
    private int number;

    [Fact]
    public async Task Publish_POL19_AtRandomWhileStanzasFlow_NothingRefusedIsForwarded()
    {
        await using var scene = EdgeScene.Start();
        await using var server = new PartnerServer("p1.example", scene.Authority.Issue("p1.example"));
        scene.Publish("p1.example", server.EndPoint.Port);
        await using var component = await scene.ComponentAsync();
        await using var marker = await scene.PartnerAsync("p2.example");
        using var over = new CancellationTokenSource();
        var collecting = CollectAsync(component, over.Token);
        var flood = FloodAsync(scene, over.Token);

        for (var round = 0; round < 20; round++)
        {
            await SendAsync(component, random.Next(200));
            await Task.WhenAll(Enumerable.Range(0, random.Next(3)).Select(_ => scene.Node.PublishAsync(EdgeScene.Policy(P1, P2))));

            await scene.Node.PublishAsync(random.Next(2) == 0 ? EdgeScene.Policy(P2) : EdgeScene.Policy(P1 with { Enabled = false }, P2));
            await MarkAsync(scene, marker, Denied);
            var before = number;
            await SendAsync(component, 1 + random.Next(50));
            refused.UnionWith(Enumerable.Range(before, number - before));
            await scene.UntilAsync(() => inside.Any(s => IsError(s) && S2SDialogue.Number(s) == number - 1), "an answer");
            await MarkAsync(scene, marker, Allowed);

            await scene.Node.PublishAsync(EdgeScene.Policy(P1, P2));
            var known = inside.Count;
            await scene.UntilAsync(() => inside.Skip(known).Any(IsFlood), "the flood again");
        }

        await over.CancelAsync();
        await flood;
        await scene.UntilAsync(() => scene.Account is { Balances: true, InFlight: 0 }, "a balanced ledger", TimeSpan.FromMilliseconds(100));
        await collecting;
        AssertNothingRefusedCame();
        await SendAsync(component, 1);
        await AssertNothingRefusedWentAsync(server);
    }

    /// <summary>What the component heard: between a publication that denied p1 and the next one that allows it, nothing of p1.</summary>
    private void AssertNothingRefusedCame()
    {
        var allowed = true;
        foreach (var stanza in inside)
        {
            if (stanza.Attribute("from")!.Value == "m@p2.example")
                allowed = S2SDialogue.Number(stanza) == Allowed;
            else
                Assert.True(allowed || IsError(stanza), $"forwarded although it is denied: {stanza}");
        }
    }

    /// <summary>What p1's server heard of the component: in order, and nothing that was sent while p1 was denied.</summary>
    private async Task AssertNothingRefusedWentAsync(PartnerServer server)
    {
        var last = -1;
        while (last < number - 1)
        {
            var stanza = await server.ReceiveAsync();
            if (IsError(stanza) || stanza.Name.LocalName != "message")
                continue;
            Assert.DoesNotContain(S2SDialogue.Number(stanza), refused);
            Assert.True(S2SDialogue.Number(stanza) > last, "in order, once");
            last = S2SDialogue.Number(stanza);
        }
    }

    private static bool IsError(XElement stanza) => stanza.Attribute("type")?.Value == "error";

    private static bool IsFlood(XElement stanza) => stanza.Attribute("from")!.Value == "a@p1.example" && !IsError(stanza);

    private async Task SendAsync(ComponentClient component, int count)
    {
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", count, first: number));
        number += count;
    }

    private async Task MarkAsync(EdgeScene scene, ScriptedPeer marker, int mark)
    {
        var known = inside.Count;
        await marker.SendAsync(S2SDialogue.Message("m@p2.example", "b@edge.example", mark));
        await scene.UntilAsync(() => inside.Skip(known).Any(s => s.Attribute("from")!.Value == "m@p2.example"), "the mark");
    }

    private async Task CollectAsync(ComponentClient component, CancellationToken over)
    {
        try
        {
            while (true)
                inside.Enqueue(await component.ReceiveAsync(over));
        }
        catch (OperationCanceledException)
        {
            // the test is over
        }
    }

    /// <summary>p1 writes all the time, and comes back when its stream has ended.</summary>
    private static async Task FloodAsync(EdgeScene scene, CancellationToken over)
    {
        var sent = 0;
        while (!over.IsCancellationRequested)
        {
            try
            {
                await using var peer = await scene.PartnerAsync("p1.example");
                peer.Patience = TimeSpan.FromMinutes(1);
                var end = peer.HearAsync(CancellationToken.None);
                while (!over.IsCancellationRequested && !end.IsCompleted)
                {
                    await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 20, first: (sent += 20) - 20), CancellationToken.None);
                    await Task.Delay(1, CancellationToken.None);
                }
            }
            catch (Exception e) when (e is DialogueException or IOException)
            {
                await Task.Delay(1, CancellationToken.None); // it was denied, and tries again
            }
        }
    }
}
