using System.Text;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Framing;

/// <summary>Builds the tree of a validated element, namespaces resolved against the stream header.</summary>
internal static class ElementTree
{
    private const string XmlNamespace = "http://www.w3.org/XML/1998/namespace";

    internal static XmlElement Build(ReadOnlySpan<byte> element, RootScope root)
    {
        var scope = new List<(string Prefix, string Namespace)> { ("xml", XmlNamespace), (string.Empty, Encoding.UTF8.GetString(root.DefaultNamespace)) };
        scope.AddRange(root.Declarations());
        var outer = new Stack<(XmlElement Element, List<object> Content, int Scope)>();
        var reader = new ValidatedReader(element);
        while (reader.Read())
        {
            switch (reader.Token)
            {
                case XmlToken.StartTag:
                    var outerScope = scope.Count;
                    outer.Push((Start(ref reader, scope), [], outerScope));
                    if (!reader.IsEmpty)
                    {
                        break;
                    }

                    goto case XmlToken.EndTag;
                case XmlToken.EndTag:
                    var (closed, content, count) = outer.Pop();
                    scope.RemoveRange(count, scope.Count - count);
                    var complete = closed with { Content = content };
                    if (outer.Count == 0)
                    {
                        return complete;
                    }

                    outer.Peek().Content.Add(complete);
                    break;
                case XmlToken.Text:
                    AddText(outer.Peek().Content, CharacterData.DecodeToString(reader.Value, CharacterDataKind.Text));
                    break;
                case XmlToken.CdataSection:
                    AddText(outer.Peek().Content, CharacterData.DecodeToString(reader.Value, CharacterDataKind.CdataSection));
                    break;
            }
        }

        throw new InvalidOperationException("the element is not complete");
    }

    private static XmlElement Start(ref ValidatedReader reader, List<(string Prefix, string Namespace)> scope)
    {
        var name = Encoding.UTF8.GetString(reader.Name);
        var attributes = new List<(string Name, string Value)>();
        while (reader.ReadAttribute())
        {
            var attribute = Encoding.UTF8.GetString(reader.Name);
            var value = CharacterData.DecodeToString(reader.Value, CharacterDataKind.AttributeValue);
            if (attribute.StartsWith("xmlns", StringComparison.Ordinal) && (attribute.Length == 5 || attribute[5] == ':'))
            {
                scope.Add((attribute.Length == 5 ? string.Empty : attribute[6..], value));
            }
            else
            {
                attributes.Add((attribute, value));
            }
        }

        var (local, space) = Resolve(name, scope, isAttribute: false);
        return new XmlElement(local, space) { Attributes = [.. attributes.Select(a => Attribute(a.Name, a.Value, scope))] };
    }

    private static XmlAttribute Attribute(string name, string value, List<(string Prefix, string Namespace)> scope)
    {
        var (local, space) = Resolve(name, scope, isAttribute: true);
        return new XmlAttribute(local, space, value);
    }

    // Namespaces in XML section 6.2: the default namespace is not that of attributes.
    private static (string Local, string Namespace) Resolve(string name, List<(string Prefix, string Namespace)> scope, bool isAttribute)
    {
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 && isAttribute)
        {
            return (name, string.Empty);
        }

        var prefix = colon < 0 ? string.Empty : name[..colon];
        return (name[(colon + 1)..], scope.FindLast(s => string.Equals(s.Prefix, prefix, StringComparison.Ordinal)).Namespace);
    }

    private static void AddText(List<object> content, string text)
    {
        if (content is [.., string last])
        {
            content[^1] = last + text;
        }
        else if (text.Length > 0)
        {
            content.Add(text);
        }
    }
}
