using System.Globalization;
using System.Text;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>Bytes of streams in tests: text is UTF-8, and <c>⟦EB 3C⟧</c> are bytes in hexadecimal.</summary>
internal static class StreamBytes
{
    public const string Header = "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
        + "xmlns:db='jabber:server:dialback' from='p1.example' to='edge.example' version='1.0'>";

    public static string In(string elements) => Header + elements;

    public static string Message(string inner) => In($"<message from='a@p1.example' to='b@edge.example' type='chat' id='1'>{inner}</message>");

    public static string Body(string text) => Message($"<body>{text}</body>");

    public static string Id(string attribute) => In($"<message from='a@p1.example' to='b@edge.example' {attribute}><body>x</body></message>");

    public static string Repeat(string text, int count) => new StringBuilder(text.Length * count).Insert(0, text, count).ToString();

    public static byte[] Encode(string text)
    {
        var bytes = new List<byte>(text.Length);
        while (true)
        {
            var open = text.IndexOf('⟦', StringComparison.Ordinal);
            if (open < 0)
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text));
                return [.. bytes];
            }

            var close = text.IndexOf('⟧', StringComparison.Ordinal);
            bytes.AddRange(Encoding.UTF8.GetBytes(text[..open]));
            foreach (var pair in text[(open + 1)..close].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                bytes.Add(byte.Parse(pair, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            }

            text = text[(close + 1)..];
        }
    }
}
