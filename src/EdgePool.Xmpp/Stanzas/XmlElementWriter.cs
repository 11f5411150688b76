using System.Buffers;
using System.Text;

namespace EdgePool.Xmpp.Stanzas;

/// <summary>
/// Writes trees. An element in a namespace whose prefix is already declared takes the prefix (<c>stream:features</c>, <c>db:result</c>); any other
/// takes a default declaration where its namespace differs from the one in force.
/// </summary>
internal static class XmlElementWriter
{
    private const string XmlNamespace = "http://www.w3.org/XML/1998/namespace";

    internal static void Write(
        IBufferWriter<byte> output,
        XmlElement element,
        string defaultNamespace,
        IReadOnlyList<(string Prefix, string Namespace)> declared)
    {
        var prefix = string.Equals(element.Namespace, defaultNamespace, StringComparison.Ordinal) ? null : Find(element.Namespace, declared);
        var name = prefix is null ? element.Name : $"{prefix}:{element.Name}";
        Write(output, "<");
        Write(output, name);
        if (prefix is null && !string.Equals(element.Namespace, defaultNamespace, StringComparison.Ordinal))
        {
            WriteAttribute(output, "xmlns", element.Namespace);
            defaultNamespace = element.Namespace;
        }

        WriteAttributes(output, element, declared);
        if (element.Content.Count == 0)
        {
            Write(output, "/>");
            return;
        }

        Write(output, ">");
        foreach (var item in element.Content)
        {
            if (item is XmlElement child)
            {
                Write(output, child, defaultNamespace, declared);
            }
            else
            {
                XmlEscape.WriteText(output, (string)item);
            }
        }

        Write(output, "</");
        Write(output, name);
        Write(output, ">");
    }

    private static void WriteAttributes(IBufferWriter<byte> output, XmlElement element, IReadOnlyList<(string Prefix, string Namespace)> declared)
    {
        var made = 0;
        foreach (var attribute in element.Attributes)
        {
            if (attribute.Namespace.Length == 0)
            {
                WriteAttribute(output, attribute.Name, attribute.Value);
                continue;
            }

            var prefix = string.Equals(attribute.Namespace, XmlNamespace, StringComparison.Ordinal) ? "xml" : Find(attribute.Namespace, declared);
            if (prefix is null)
            {
                prefix = FreePrefix(ref made, declared);
                WriteAttribute(output, "xmlns:" + prefix, attribute.Namespace);
            }

            WriteAttribute(output, $"{prefix}:{attribute.Name}", attribute.Value);
        }
    }

    private static string FreePrefix(ref int made, IReadOnlyList<(string Prefix, string Namespace)> declared)
    {
        string prefix;
        do
        {
            prefix = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"a{++made}");
        }
        while (declared.Any(d => string.Equals(d.Prefix, prefix, StringComparison.Ordinal)));

        return prefix;
    }

    private static string? Find(string @namespace, IReadOnlyList<(string Prefix, string Namespace)> declared)
    {
        foreach (var (prefix, name) in declared)
        {
            if (string.Equals(name, @namespace, StringComparison.Ordinal))
            {
                return prefix;
            }
        }

        return null;
    }

    private static void WriteAttribute(IBufferWriter<byte> output, string name, string value)
    {
        Write(output, " ");
        Write(output, name);
        Write(output, "='");
        XmlEscape.WriteAttributeValue(output, value);
        Write(output, "'");
    }

    private static void Write(IBufferWriter<byte> output, string text)
    {
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, span));
    }
}
