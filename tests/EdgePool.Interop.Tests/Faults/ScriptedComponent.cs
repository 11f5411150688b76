using System.Diagnostics;
using System.Net;
using System.Xml.Linq;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>
/// A component (XEP-0114): nobody acknowledges anything to it. What it wrote to a connection that broke, in the last seconds before that, may be lost with it. By a question
/// that nobody but the node itself answers, it knows that the other side is there.
/// </summary>
internal sealed class ScriptedComponent(string domain, string secret, IReadOnlyList<IPEndPoint> nodes, NumberedFates fates, Action<XElement> take, int rate)
    : Caller(nodes, fates, take, rate)
{
    private static readonly TimeSpan Asks = TimeSpan.FromSeconds(1);

    private readonly Queue<(int First, int Count, long At)> written = new();
    private long asked;

    protected override async Task OpenAsync(ScriptedPeer peer)
    {
        await peer.SendHeaderAsync(from: null, domain, content: "jabber:component:accept", version: null);
        var header = await peer.ExpectHeaderAsync();
        await peer.SendAsync($"<handshake>{ComponentClient.Digest(header.Attribute("id")?.Value ?? "", secret)}</handshake>");
        await peer.ExpectAsync("handshake");
        written.Clear();
    }

    protected override string OnWrite(int first, int count)
    {
        written.Enqueue((first, count, Stopwatch.GetTimestamp()));
        while (Stopwatch.GetElapsedTime(written.Peek().At) > Patience * 1.5)
            written.Dequeue();
        if (Silence == TimeSpan.MaxValue || Stopwatch.GetElapsedTime(asked) < Asks)
            return "";
        asked = Stopwatch.GetTimestamp();
        return $"<iq type='get' id='alive' from='{domain}' to='nobody.invalid'><ping xmlns='urn:xmpp:ping'/></iq>";
    }

    protected override void OnEnded(bool orderly)
    {
        if (!orderly)
            Fates.Leave(written.SelectMany(static batch => Enumerable.Range(batch.First, batch.Count)));
    }
}
