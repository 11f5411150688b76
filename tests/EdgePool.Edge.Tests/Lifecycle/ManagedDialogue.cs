using System.Globalization;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

/// <summary>The dialogues of streams under stream management (XEP-0198) up to the point where both sides count.</summary>
internal static class ManagedDialogue
{
    public const string Enable = "<enable xmlns='urn:xmpp:sm:3'/>";
    public const string Request = "<r xmlns='urn:xmpp:sm:3'/>";

    /// <summary>A stream from p1.example on which both sides count.</summary>
    public static async Task<ScriptedPeer> ManagedAsync(EdgeScene scene, string to = "edge.example")
    {
        var peer = await OfferedAsync(scene, to);
        await peer.SendAsync(Enable);
        await peer.ExpectAsync("sm:enabled");
        return peer;
    }

    /// <summary>The initiating side up to where it may enable or resume.</summary>
    public static async Task<ScriptedPeer> OfferedAsync(EdgeScene scene, string to = "edge.example", string from = "p1.example", bool bothWays = false)
    {
        var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], from, to);
        await peer.ExpectAsync("stream:features");
        await peer.SendAsync((bothWays ? "<bidi xmlns='urn:xmpp:bidi'/>" : "") + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await peer.ExpectAsync("sasl:success");
        await peer.SendHeaderAsync(from, to);
        await peer.ExpectHeaderAsync();
        await peer.ExpectAsync("stream:features/sm:sm");
        return peer;
    }

    /// <summary>A stream from p1.example that it may resume by the SM-ID that comes with it.</summary>
    public static async Task<(ScriptedPeer Peer, string Id)> ResumableAsync(EdgeScene scene, string to = "edge.example", bool bothWays = false)
    {
        var peer = await OfferedAsync(scene, to, bothWays: bothWays);
        await peer.SendAsync("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
        return (peer, (await peer.ExpectAsync("sm:enabled[@resume='true']")).Attribute("id")!.Value);
    }

    /// <summary>The initiating side asks to go on with a former stream.</summary>
    public static Task ResumeAsync(this ScriptedPeer peer, string id, uint h) => peer.SendAsync($"<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='{h}'/>");

    /// <summary>Takes a stream of the node's on which both sides count.</summary>
    public static async Task<ScriptedPeer> AcceptManagedAsync(ScriptedListener listener, EdgeScene scene, string domain = "p1.example", string from = "edge.example")
    {
        var peer = await OfferAsync(listener, scene, domain, from);
        await peer.ExpectAsync("sm:enable");
        await peer.SendAsync("<enabled xmlns='urn:xmpp:sm:3'/>");
        return peer;
    }

    public static async Task<ScriptedPeer> OfferAsync(ScriptedListener listener, EdgeScene scene, string domain = "p1.example", string from = "edge.example")
    {
        var peer = await listener.AcceptAsync(domain);
        await peer.AuthenticateAsync(scene, domain, from, "<sm xmlns='urn:xmpp:sm:3'/>");
        return peer;
    }

    /// <summary>Takes a stream of the node's that it may resume, on which both sides count.</summary>
    public static async Task<ScriptedPeer> AcceptResumableAsync(ScriptedListener listener, EdgeScene scene, string attributes = "")
    {
        var peer = await OfferAsync(listener, scene);
        await peer.ExpectAsync("sm:enable[@resume='true']");
        await peer.SendAsync($"<enabled xmlns='urn:xmpp:sm:3' resume='true' id='sesame' {attributes}/>");
        return peer;
    }

    /// <summary>Counts, perhaps smaller ones first: whoever has read a stanza may be quicker than the node's write returns.</summary>
    public static async Task ExpectHandledAsync(ScriptedPeer peer, int count)
    {
        while (int.Parse((await peer.ExpectAsync("sm:a")).Attribute("h")!.Value, CultureInfo.InvariantCulture) is var h && h != count)
            Assert.InRange(h, 0, count);
    }

    public static async Task ExpectMessagesAsync(ScriptedPeer peer, int count, int first = 0)
    {
        for (var i = first; i < first + count; i++)
            await peer.ExpectEventuallyAsync(string.Create(CultureInfo.InvariantCulture, $"message[@id='{i}']"));
    }
}
