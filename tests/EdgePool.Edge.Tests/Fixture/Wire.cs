using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace EdgePool.Edge.Tests.Fixture;

/// <summary>Bytes on a partner's wire, and what stands in them.</summary>
internal static class Wire
{
    /// <summary>Our stream header as a pattern.</summary>
    public const string OurHeader = @"<\?xml version='1\.0'\?><stream:stream xmlns='[^']*' xmlns:stream='http://etherx\.jabber\.org/streams'[^>]*>";

    /// <summary>A partner's stream header.</summary>
    public static string Header(string from = "p1.example", string to = "edge.example", string extra = "")
        => $"<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' {extra}from='{from}' to='{to}' version='1.0'>";

    /// <summary>A message from p1.example whose content is <paramref name="inner"/>.</summary>
    public static string Message(string inner) => $"<message from='a@p1.example' to='b@edge.example' type='chat' id='1'>{inner}</message>";

    /// <summary>A message from p1.example with this body.</summary>
    public static string Body(string text) => Message($"<body>{text}</body>");

    /// <summary>A message from p1.example whose id is written as <paramref name="attribute"/>.</summary>
    public static string Id(string attribute) => $"<message from='a@p1.example' to='b@edge.example' {attribute}><body>x</body></message>";

    public static string Repeat(string text, int count) => new StringBuilder(text.Length * count).Insert(0, text, count).ToString();

    public static string Numbered(string format, int count)
        => string.Concat(Enumerable.Range(0, count).Select(n => string.Format(CultureInfo.InvariantCulture, format, n)));

    /// <summary>Text as UTF-8; <c>⟦EB 3C⟧</c> are bytes in hexadecimal.</summary>
    public static byte[] Encode(string text)
    {
        var bytes = new List<byte>(text.Length);
        foreach (var (piece, isHex) in text.Split('⟦', '⟧').Select((piece, index) => (piece, index % 2 == 1)))
            bytes.AddRange(isHex ? Convert.FromHexString(piece.Replace(" ", string.Empty, StringComparison.Ordinal)) : Encoding.UTF8.GetBytes(piece));
        return [.. bytes];
    }

    /// <summary>The whole farewell of a stream error, as a pattern.</summary>
    public static string StreamError(string condition, string application = "")
        => $"<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>(<text [^<]*</text>)?{Regex.Escape(application)}</stream:error></stream:stream>";

    /// <summary>The elements of a stream as System.Xml reads them, in the namespace that a component's stream has instead of <c>jabber:server</c>.</summary>
    public static List<string> AtComponent(string header, string elements)
    {
        var document = XElement.Load(new MemoryStream(Encode(header + elements + "</stream:stream>")), LoadOptions.PreserveWhitespace);
        return [.. document.Elements().Select(e => Infoset(e).Replace("{jabber:server}", "{jabber:component:accept}", StringComparison.Ordinal))];
    }

    /// <summary>What an element says, so that equal infosets are equal strings.</summary>
    public static string Infoset(XElement element)
    {
        var text = new StringBuilder();
        Write(text, element);
        return text.ToString();
    }

    private static void Write(StringBuilder text, XElement element)
    {
        text.Append("\n<").Append(Name(element.Name));
        foreach (var attribute in element.Attributes().Where(a => !a.IsNamespaceDeclaration).OrderBy(a => a.Name.ToString(), StringComparer.Ordinal))
            text.Append("\n @").Append(Name(attribute.Name)).Append('=').Append(attribute.Value);
        var inText = false;
        foreach (var node in element.Nodes())
        {
            if (node is XText piece)
            {
                text.Append(inText ? string.Empty : "\n#").Append(piece.Value);
                inText = true;
            }
            else if (node is XElement child)
            {
                Write(text, child);
                inText = false;
            }
        }

        text.Append("\n>");
    }

    private static string Name(XName name) => $"{{{name.NamespaceName}}}{name.LocalName}";
}
