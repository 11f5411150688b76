using EdgePool.Policy.Partners;
using EdgePool.Testing.Peers;

namespace EdgePool.Edge.Tests.Lifecycle;

/// <summary>What the tests of trust on live streams have in common: p1.example, which each test has its own terms for, and p2.example.</summary>
internal static class TrustScene
{
    public static PartnerDocument P1 { get; } = new() { Domain = "p1.example" };

    public static PartnerDocument P2 { get; } = new() { Domain = "p2.example" };

    public static EdgeScene Start(PartnerDocument p1) => EdgeScene.Start(options => options with { Policy = EdgeScene.Policy(p1, P2) });

    public static bool Has(this EdgeScene scene, int eventId) => scene.Logs.Events.Any(e => e.Id.Id == eventId);

    /// <summary>A stream of p1.example's that the node has authenticated: the peer is told before.</summary>
    public static async Task<ScriptedPeer> ComesAsync(this EdgeScene scene)
    {
        var before = scene.Logs.Events.Count(e => e.Id.Id == 1003);
        var peer = await scene.PartnerAsync("p1.example");
        await scene.UntilAsync(() => scene.Logs.Events.Count(e => e.Id.Id == 1003) > before, "the stream");
        return peer;
    }

    /// <summary>The log says of as many streams that they ended for this reason: it does so behind what the peer hears.</summary>
    public static Task EndedAsync(this EdgeScene scene, string reason, int streams = 1)
        => scene.UntilAsync(() => scene.Logs.Events.Count(e => e.Id.Id == 1011 && reason.Equals(e.Values["Reason"])) >= streams, $"the end for {reason} in the log");

    /// <summary>p1.example, which may authenticate by SASL alone, comes with what it shows and is sent away.</summary>
    public static async Task ExpectRefusedAsync(this EdgeScene scene, string reason)
    {
        await using var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        await peer.ExpectAsync("stream:features[not(sasl:mechanisms)]");
        await peer.ExpectStreamErrorAsync("policy-violation");
        await scene.EndedAsync(reason);
    }

    public static async Task StartTlsAsync(this ScriptedPeer peer, EdgeScene scene)
    {
        await peer.AnswerHeaderAsync("p1.example", "edge.example", "s1");
        await peer.SendAsync("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>");
        await peer.ExpectAsync("tls:starttls");
        await peer.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await peer.UpgradeTlsAsync(scene.Server("p1.example"));
    }
}
