using System.Text;
using System.Xml;
using Xunit;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>What a document says, written so that equal infosets are equal strings: one entry per element directly inside the root.</summary>
internal static class Infoset
{
    private const string XmlnsNamespace = "http://www.w3.org/2000/xmlns/";

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        ConformanceLevel = ConformanceLevel.Document,
        CheckCharacters = true,
    };

    /// <summary>Reads with System.Xml.</summary>
    /// <exception cref="XmlException">The document is not well-formed.</exception>
    public static List<string> Read(byte[] document)
    {
        using var reader = XmlReader.Create(new MemoryStream(document), Settings);
        var elements = new List<string>();
        var builder = new InfosetBuilder();
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element when reader.Depth > 0:
                    var isEmpty = reader.IsEmptyElement;
                    builder.Start(reader.NamespaceURI, reader.LocalName, Attributes(reader));
                    if (isEmpty && builder.End() is { } empty)
                    {
                        elements.Add(empty);
                    }

                    break;
                case XmlNodeType.EndElement when reader.Depth > 0:
                    if (builder.End() is { } complete)
                    {
                        elements.Add(complete);
                    }

                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace when reader.Depth > 1:
                    builder.Text(reader.Value);
                    break;
            }
        }

        return elements;
    }

    /// <summary>Reads an element that stands alone on a stream of that content namespace.</summary>
    public static string ReadOnStream(byte[] element, string content) => Assert.Single(Read(OnStream(element, content)));

    public static byte[] OnStream(byte[] element, string content)
        => [.. Encoding.UTF8.GetBytes($"<s:stream xmlns='{content}' xmlns:s='http://etherx.jabber.org/streams'>"), .. element, .. "</s:stream>"u8];

    private static List<(string Namespace, string Name, string Value)> Attributes(XmlReader reader)
    {
        var attributes = new List<(string Namespace, string Name, string Value)>();
        while (reader.MoveToNextAttribute())
        {
            if (!string.Equals(reader.NamespaceURI, XmlnsNamespace, StringComparison.Ordinal))
            {
                attributes.Add((reader.NamespaceURI, reader.LocalName, reader.Value));
            }
        }

        return attributes;
    }
}

/// <summary>Writes the events of one parser as infoset strings.</summary>
internal sealed class InfosetBuilder
{
    private readonly StringBuilder text = new();
    private int depth;
    private bool inText;

    public void Start(string @namespace, string name, List<(string Namespace, string Name, string Value)> attributes)
    {
        inText = false;
        depth++;
        text.Append("\n<").Append(Written(@namespace)).Append(name);
        attributes.Sort((a, b) => string.CompareOrdinal(SortKey(a.Namespace, a.Name), SortKey(b.Namespace, b.Name)));
        foreach (var (space, local, value) in attributes)
        {
            text.Append("\n @").Append(Written(space)).Append(local).Append('=').Append(value);
        }
    }

    /// <summary>A namespace as it stands in the infoset; U+0001 is no character of any.</summary>
    public static string Written(string @namespace) => $"{{{@namespace}\u0001}}";

    public void Text(string value)
    {
        if (value.Length > 0)
        {
            text.Append(inText ? string.Empty : "\n#").Append(value);
            inText = true;
        }
    }

    // The content namespaces sort as one, so that an infoset stays sorted when one is replaced by the other.
    private static string SortKey(string @namespace, string name)
        => @namespace is "jabber:server" or "jabber:component:accept" ? $"\u0002\u0001{name}" : $"{@namespace}\u0001{name}";

    /// <summary>The infoset, when the outermost element ended.</summary>
    public string? End()
    {
        inText = false;
        text.Append("\n>");
        if (--depth > 0)
        {
            return null;
        }

        var complete = text.ToString();
        text.Clear();
        return complete;
    }
}
