using System.Globalization;
using System.Text;

namespace EdgePool.Benchmarks.Framing;

/// <summary>Stanzas as real servers send them to each other, numbered so that no two are equal.</summary>
internal static class StanzaSamples
{
    private const string Body = "Shall we meet at the usual place at seven tonight? I will bring the papers & the maps, and Tom said that he would like to come too.";

    /// <summary>A chat message with a body of 128 bytes.</summary>
    public static string Chat(int number)
        => $"<message xml:lang='en' to='juliet@edge.example' from='romeo@p1.example/orchard' type='chat' id='ac{number}'><body>{Escape(Body)[..128]}</body>"
            + "<active xmlns='http://jabber.org/protocol/chatstates'/></message>";

    /// <summary>A presence with entity capabilities (XEP-0115) and an avatar hash (XEP-0153).</summary>
    public static string Presence(int number)
        => $"<presence from='romeo@p1.example/orchard' to='user{number}@edge.example' xml:lang='en'><show>away</show><priority>5</priority>"
            + "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://gajim.org' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>"
            + "<x xmlns='vcard-temp:x:update'><photo>01b87fcd030b72895ff8e88db57ec525450f000d</photo></x></presence>";

    /// <summary>A message of a room (XEP-0045) with a forwarded payload, stable ids and a delay.</summary>
    public static string Room(int number)
        => $"<message from='coven@chat.p1.example/thirdwitch' to='hag66@edge.example/pda' type='groupchat' id='room-{number}' xml:lang='en'>"
            + $"<body>{Escape(Body)}</body><stanza-id xmlns='urn:xmpp:sid:0' id='28482-98726-{number}' by='coven@chat.p1.example'/>"
            + "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72603deec90a38ba552f7c68cbcc61bca202cd'/>"
            + "<delay xmlns='urn:xmpp:delay' from='coven@chat.p1.example' stamp='2002-10-13T23:58:37Z'/>"
            + "<result xmlns='urn:xmpp:mam:2' queryid='f27'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' type='chat'>"
            + "<body>Hail to thee</body><reply xmlns='urn:xmpp:reply:0' id='b1' to='hag66@edge.example'/></message></forwarded></result></message>";

    /// <summary>Such stanzas one behind the other.</summary>
    public static byte[] Stream(Func<int, string>[] kinds, int count)
    {
        var text = new StringBuilder();
        for (var number = 0; number < count; number++)
        {
            text.Append(kinds[number % kinds.Length](number));
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public static byte[] Mixed(int count) => Stream([Chat, Presence, Room], count);

    public static string Describe(double value) => value.ToString("N1", CultureInfo.InvariantCulture);

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal);
}
