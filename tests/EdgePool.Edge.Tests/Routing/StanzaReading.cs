using System.Text;
using EdgePool.Xmpp.Framing;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

/// <summary>Stanzas as text, framed as a stream's pump frames them. The frame holds until the next one.</summary>
internal sealed class StanzaReading(ContentNamespace content = ContentNamespace.Server)
{
    private readonly StreamFramer framer = StreamFramer.Inside(content, FramerLimits.Authenticated);
    private byte[] bytes = [];

    public StanzaFrame Read(string xml)
    {
        bytes = Encoding.UTF8.GetBytes(xml);
        Assert.Equal(FrameStatus.Element, framer.Read(bytes, out _, out var frame));
        return frame;
    }

    public static string Message(string from, string to, string id, int bodyBytes = 1)
        => $"<message from='{from}' to='{to}' type='chat' id='{id}'><body>{new string('x', bodyBytes)}</body></message>";
}
