using System.Globalization;
using System.Net;
using System.Text;
using System.Xml.Linq;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

/// <summary>The dialogues of S2S streams up to the point where stanzas may flow (RFC 6120 section 9.2, XEP-0178), and numbered messages on them.</summary>
internal static class S2SDialogue
{
    private const string Features = "<stream:features>";

    /// <summary>The initiating side, by SASL EXTERNAL.</summary>
    public static async Task<ScriptedPeer> OpenAsync(EdgeScene scene, EndPoint target, string from, string to)
    {
        var peer = await SecureAsync(scene, target, from, to);
        await peer.ExpectAsync("stream:features/sasl:mechanisms/sasl:mechanism[.='EXTERNAL']");
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await peer.ExpectAsync("sasl:success");
        await peer.SendHeaderAsync(from, to);
        await peer.ExpectHeaderAsync();
        await peer.ExpectAsync("stream:features");
        return peer;
    }

    /// <summary>The initiating side up to the second header of the other side: TLS is up, features are due.</summary>
    public static async Task<ScriptedPeer> SecureAsync(EdgeScene scene, EndPoint target, string from, string to)
    {
        var peer = await SecureToTlsAsync(scene, target, from, to);
        await peer.ExpectHeaderAsync();
        return peer;
    }

    /// <summary>The initiating side up to its second header.</summary>
    public static async Task<ScriptedPeer> SecureToTlsAsync(EdgeScene scene, EndPoint target, string from, string to)
    {
        var peer = await ScriptedPeer.ConnectAsync(target, from);
        await peer.SendHeaderAsync(from, to);
        await peer.ExpectHeaderAsync();
        await peer.ExpectAsync("stream:features/tls:starttls");
        await peer.SendAsync("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await peer.ExpectAsync("tls:proceed");
        await peer.UpgradeTlsAsync(scene.Client(from));
        await peer.SendHeaderAsync(from, to);
        return peer;
    }

    /// <summary>The receiving side, by SASL EXTERNAL.</summary>
    public static async Task<ScriptedPeer> AcceptAsync(this ScriptedListener listener, EdgeScene scene, string domain, string from = "edge.example")
    {
        var peer = await listener.AcceptAsync(domain);
        await peer.AuthenticateAsync(scene, domain, from);
        return peer;
    }

    /// <summary>The receiving side of a connection that was accepted, by SASL EXTERNAL.</summary>
    public static async Task AuthenticateAsync(this ScriptedPeer peer, EdgeScene scene, string domain, string from = "edge.example", string features = "")
    {
        await peer.AcceptTlsAsync(scene, domain, from);
        await peer.SendAsync(Features + "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>");
        await peer.ExpectAsync("sasl:auth[@mechanism='EXTERNAL']");
        await peer.SendAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        peer.Restart();
        await peer.AnswerHeaderAsync(domain, from, "s3");
        await peer.SendAsync(Features + features + "</stream:features>");
    }

    /// <summary>The receiving side up to its second header, which has the id <c>s2</c>.</summary>
    public static async Task AcceptTlsAsync(this ScriptedPeer peer, EdgeScene scene, string domain, string from)
    {
        await peer.AnswerHeaderAsync(domain, from, "s1");
        await peer.SendAsync(Features + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>");
        await peer.ExpectAsync("tls:starttls");
        await peer.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await peer.UpgradeTlsAsync(scene.Server(domain));
        await peer.AnswerHeaderAsync(domain, from, "s2");
    }

    /// <summary>Takes the other side's header and answers it.</summary>
    public static async Task AnswerHeaderAsync(this ScriptedPeer peer, string domain, string from, string id)
    {
        var header = await peer.ExpectHeaderAsync();
        Assert.Equal((from, domain), (header.Attribute("from")?.Value, header.Attribute("to")?.Value));
        await peer.SendAsync(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback'"
            + $" from='{domain}' to='{from}' id='{id}' version='1.0'>");
    }

    public static string Message(string from, string to, int number, int bodyBytes = 0)
        => string.Create(CultureInfo.InvariantCulture, $"<message from='{from}' to='{to}' type='chat' id='{number}'><body>{new string('x', bodyBytes)}</body></message>");

    public static string Messages(string from, string to, int count, int first = 0, int bodyBytes = 0)
    {
        var text = new StringBuilder();
        for (var i = first; i < first + count; i++)
            text.Append(Message(from, to, i, bodyBytes));
        return text.ToString();
    }

    public static int Number(XElement stanza) => int.Parse(stanza.Attribute("id")!.Value, CultureInfo.InvariantCulture);
}
