using System.Text;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>
/// Makes streams from a seed: well-formed ones that use every corner of the grammar, and the same with a few bytes broken. Much of what it makes
/// sits where parsers have differed: namespaces, references, CDATA, line ends, names and malformed UTF-8.
/// </summary>
internal sealed class DocumentGenerator(int seed)
{
    private static readonly string[] Names = ["message", "presence", "iq", "body", "x", "error", "c", "delay", "é", "名", "a-b.c", "_", "forwarded", "stream", "A1"];
    private static readonly string[] Prefixes = ["a", "b", "db", "stream", "xml", "e", "c", "ä"];
    private static readonly string[] AttributeNames = ["from", "to", "id", "type", "x", "ver", "k", "ñ", "xml:lang", "a:x", "b:x", "e:k", "db:id", "xmlnsx"];
    private static readonly string[] Namespaces =
    [
        "jabber:server", "jabber:component:accept", "jabber:client", "urn:x", "urn:y", "", "http://etherx.jabber.org/streams",
        "jabber:server:dialback", "jabber:&#115;erver", "urn:&amp;", " urn:x ", "urn:é", "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/",
    ];

    private static readonly string[] TextParts =
    [
        "a", "hello world", " ", "\n", "\r\n", "\r", "\t", "é", "Жлобин", "東京", "😀", "&lt;", "&gt;", "&amp;", "&quot;", "&apos;", "&#60;", "&#x3E;",
        "&#13;", "&#10;", "&#x1F600;", "]]", "]", ">", "\"", "'", "\u0085", "\u2028", "\uFFFD", "\u007F", "long enough to fill more than one vector of sixteen bytes",
    ];

    private static readonly string[] Fragments =
    [
        "<", ">", "&", "]]>", "<!--", "-->", "<!-- x -->", "<?x?>", "<?xml version='1.0'?>", "<!DOCTYPE a>", "<![CDATA[", "<![CDATA[x]]>", "&#0;", "&#xFFFF;", "&#xD800;",
        "&x;", "&#", ";", "'", "\"", "=", "/", "/>", "</", "</message>", "</stream:stream>", "<stream:stream>", "xmlns='jabber:server'", " xmlns:a='urn:a'", " xmlns:a=''", ":", "a:", "<a:b/>",
        " ", "\r", "\n", "\0", "\u0001", "\u00A0", "\u0085", "\uFFFE", "\uFFFF", "\uFEFF", "text", " id='2'", "<message/>",
    ];

    private static readonly byte[][] BadBytes =
    [
        [0xC0, 0xAF], [0xE0, 0x80, 0xBC], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0xFE], [0x80], [0xE2, 0x82], [0xEB], [0xF0, 0x9F, 0x98], [0xC3], [0xEF, 0xBF, 0xBE], [0xEF, 0xBB, 0xBF],
    ];

    private readonly Random random = new(seed);

    /// <summary>The next document; about half are mutated.</summary>
    public byte[] Next()
    {
        var document = Encoding.UTF8.GetBytes(Stream());
        for (var count = random.Next(4) - 1; count > 0; count--)
        {
            document = Mutate(document);
        }

        return document;
    }

    /// <summary>Rising offsets to cut a document of that length at.</summary>
    public int[] Cuts(int length) => length < 2 ? [] : [.. Enumerable.Range(0, 1 + random.Next(6)).Select(_ => random.Next(1, length)).Distinct().Order()];

    private string Stream()
    {
        var text = new StringBuilder();
        text.Append(Pick("", "", "<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding='utf-8'?>", "<?xml version='1.0' standalone='yes' ?>\n"));
        var content = Often() ? "jabber:server" : "jabber:component:accept";
        text.Append("<stream:stream xmlns='").Append(content).Append("' xmlns:stream='http://etherx.jabber.org/streams'");
        text.Append(Pick("", " xmlns:db='jabber:server:dialback'", " xmlns:e='urn:e'", " xmlns:e='urn:e' xmlns:c='jabber:server' xmlns:a='urn:&amp;'", " to='a' from='b' version='1.0'"));
        text.Append('>');
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            Element(text, random.Next(1, 5), top: true);
            text.Append(Pick("", "", " ", "\n"));
        }

        return text.Append(Often() ? "</stream:stream>" : "</stream:stream >").ToString();
    }

    private void Element(StringBuilder text, int depth, bool top)
    {
        var name = top && Often() ? Pick("message", "presence", "iq") : Often() ? Pick(Names) : $"{Pick(Prefixes)}:{Pick(Names)}";
        text.Append('<').Append(name);
        Attributes(text, name, top);
        text.Append(Pick("", "", " ", "\n"));
        if (random.Next(5) == 0)
        {
            text.Append("/>");
            return;
        }

        text.Append('>');
        for (var count = random.Next(4); count > 0; count--)
        {
            Content(text, depth);
        }

        text.Append("</").Append(name).Append(Pick("", "", "", " ", "\r\n")).Append('>');
    }

    private void Content(StringBuilder text, int depth)
    {
        if (depth > 0 && random.Next(2) == 0)
        {
            Element(text, depth - 1, top: false);
        }
        else if (random.Next(8) == 0)
        {
            text.Append("<![CDATA[").Append(Pick("", "x", "<a>&amp;</b>", "]", "]]", "]>", "\r\n", "é", "&#0;", " \t")).Append("]]>");
        }
        else
        {
            for (var count = random.Next(1, 5); count > 0; count--)
            {
                text.Append(Pick(TextParts));
            }
        }
    }

    private void Attributes(StringBuilder text, string name, bool top)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        for (var count = random.Next(top ? 6 : 4); count > 0; count--)
        {
            var attribute = random.Next(4) == 0 ? "xmlns" + Pick("", "", ":a", ":b", ":e", ":ä", ":c") : Pick(AttributeNames);
            if (used.Add(attribute) || random.Next(40) == 0)
            {
                Attribute(text, attribute, attribute.StartsWith("xmlns", StringComparison.Ordinal) ? Pick(Namespaces) : Value());
            }
        }

        // Most prefixes are bound, or hardly a document would be accepted.
        foreach (var prefix in used.Append(name).Where(n => n.Contains(':', StringComparison.Ordinal)).Select(n => n[..n.IndexOf(':', StringComparison.Ordinal)]).ToHashSet(StringComparer.Ordinal))
        {
            if (prefix is not ("xmlns" or "xml") && random.Next(8) != 0 && used.Add("xmlns:" + prefix))
            {
                Attribute(text, "xmlns:" + prefix, Pick("urn:a", "urn:b", "urn:x", "urn:y", "jabber:client", "jabber:server", "urn:&#97;"));
            }
        }
    }

    private void Attribute(StringBuilder text, string name, string value)
    {
        text.Append(Pick(" ", " ", " ", "\n", "\t ", "\r\n")).Append(name).Append(Pick("=", "=", "=", " =", "= ", "\n=\n"));
        var quote = Often() ? '\'' : '"';
        text.Append(quote).Append(value.Replace(quote.ToString(), quote == '"' ? "&quot;" : "&apos;", StringComparison.Ordinal)).Append(quote);
    }

    private string Value()
        => random.Next(3) == 0 ? string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Pick(TextParts))) : Pick("1", "a@p1.example", "b@edge.example/r", "chat", "");

    private byte[] Mutate(byte[] document)
    {
        var at = random.Next(document.Length + 1);
        var end = Math.Min(document.Length, at + random.Next(1, 12));
        byte[] inserted = random.Next(6) switch
        {
            0 => BadBytes[random.Next(BadBytes.Length)],
            1 => [(byte)random.Next(256)],
            2 => document[at..end],
            3 => [],
            _ => Encoding.UTF8.GetBytes(Pick(Fragments)),
        };
        var removed = random.Next(3) switch
        {
            0 => Math.Min(1, document.Length - at),
            1 => end - at,
            _ => 0,
        };
        return random.Next(60) == 0 ? document[..at] : [.. document.AsSpan(0, at), .. inserted, .. document.AsSpan(at + removed)];
    }

    private bool Often() => random.Next(5) != 0;

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];
}
