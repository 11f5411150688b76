using System.Text;
using System.Xml.Linq;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>What stands below a stanza's top, written so that two readings that agree are equal strings: one line an element.</summary>
internal static class PayloadReading
{
    /// <summary>The attributes that are asked for.</summary>
    private static readonly string[] Asked = ["from", "by", "id", "type", "ver", "k", "x", "ñ"];

    /// <summary>Children 1, 3, 4 and 63 (with all behind it).</summary>
    public static PayloadMask LeftOut { get; } = default(PayloadMask).Add(1).Add(3).Add(4).Add(63);

    /// <summary>The addresses that a stripped stanza is written with.</summary>
    public static ReadOnlySpan<byte> From => "a@p1.example"u8;

    public static ReadOnlySpan<byte> To => "b@edge.example"u8;

    /// <summary>As the framer's frame tells it.</summary>
    public static string Describe(StanzaFrame frame)
    {
        var text = new StringBuilder();
        var payloads = frame.ReadPayloads();
        while (payloads.MoveNext())
        {
            Begin(text, payloads.Depth, payloads.Child, Encoding.UTF8.GetString(payloads.Namespace), Encoding.UTF8.GetString(payloads.LocalName));
            foreach (var name in Asked)
            {
                if (payloads.TryGetAttribute(Encoding.UTF8.GetBytes(name), out var value))
                {
                    Attribute(text, name, Encoding.UTF8.GetString(value));
                }
            }
        }

        return text.ToString();
    }

    /// <summary>As System.Xml tells it.</summary>
    public static string Describe(XElement stanza)
    {
        var text = new StringBuilder();
        var child = 0;
        foreach (var element in stanza.Elements())
        {
            Describe(text, element, depth: 1, child++);
        }

        return text.ToString();
    }

    /// <summary>The infoset of the tree without the children of <see cref="LeftOut"/>, between <see cref="From"/> and <see cref="To"/>.</summary>
    public static string Strip(XElement stanza)
    {
        stanza.SetAttributeValue("from", Encoding.UTF8.GetString(From));
        stanza.SetAttributeValue("to", Encoding.UTF8.GetString(To));
        foreach (var (index, child) in stanza.Elements().Index().ToList())
        {
            if (LeftOut.Contains(index))
            {
                child.Remove();
            }
        }

        var builder = new InfosetBuilder();
        return Build(builder, stanza)!;
    }

    private static string? Build(InfosetBuilder builder, XElement element)
    {
        var attributes = element.Attributes().Where(a => !a.IsNamespaceDeclaration).Select(a => (a.Name.NamespaceName, a.Name.LocalName, a.Value)).ToList();
        builder.Start(element.Name.NamespaceName, element.Name.LocalName, attributes);
        foreach (var node in element.Nodes())
        {
            switch (node)
            {
                case XElement inner:
                    Build(builder, inner);
                    break;
                case XText text:
                    builder.Text(text.Value);
                    break;
            }
        }

        return builder.End();
    }

    private static void Describe(StringBuilder text, XElement element, int depth, int child)
    {
        Begin(text, depth, child, element.Name.NamespaceName, element.Name.LocalName);
        foreach (var name in Asked)
        {
            if (element.Attribute(name) is { } attribute)
            {
                Attribute(text, name, attribute.Value);
            }
        }

        foreach (var inner in element.Elements())
        {
            Describe(text, inner, depth + 1, child);
        }
    }

    private static void Begin(StringBuilder text, int depth, int child, string @namespace, string name)
        => text.Append('\n').Append(depth).Append(' ').Append(child).Append(' ').Append(InfosetBuilder.Written(@namespace)).Append(name);

    private static void Attribute(StringBuilder text, string name, string value) => text.Append(" @").Append(name).Append('=').Append(value);
}
