using System.Buffers;
using System.Text;

namespace EdgePool.Xmpp.Stanzas;

/// <summary>An element as a small immutable tree, for negotiation, errors and tests; the stanza path does not use it.</summary>
/// <param name="Name">Local name.</param>
/// <param name="Namespace">Namespace name; empty for none.</param>
public sealed record XmlElement(string Name, string Namespace)
{
    /// <summary>Attributes by (namespace, local name); declarations of namespaces are not attributes.</summary>
    public IReadOnlyList<XmlAttribute> Attributes { get; init; } = [];

    /// <summary>Child elements and text, in document order: each an <see cref="XmlElement"/> or a <see cref="string"/>.</summary>
    public IReadOnlyList<object> Content { get; init; } = [];

    /// <summary>Child elements alone.</summary>
    public IEnumerable<XmlElement> Children => Content.OfType<XmlElement>();

    /// <summary>The text directly inside, joined.</summary>
    public string Text => string.Concat(Content.OfType<string>());

    /// <summary>The value of an attribute in no namespace; null when absent.</summary>
    public string? this[string attribute] => Attributes.FirstOrDefault(a => a.Namespace.Length == 0 && string.Equals(a.Name, attribute, StringComparison.Ordinal))?.Value;

    /// <summary>True for this (namespace, local name).</summary>
    public bool Is(string name, string @namespace)
        => string.Equals(Name, name, StringComparison.Ordinal) && string.Equals(Namespace, @namespace, StringComparison.Ordinal);

    /// <summary>The first child of that name; null when there is none.</summary>
    public XmlElement? Child(string name, string @namespace) => Children.FirstOrDefault(c => c.Is(name, @namespace));

    /// <summary>Writes the element where <paramref name="defaultNamespace"/> is in force, without prefixes; empty for none.</summary>
    public void WriteTo(IBufferWriter<byte> output, string defaultNamespace) => WriteTo(output, defaultNamespace, []);

    /// <summary>
    /// Writes the element where <paramref name="defaultNamespace"/> is in force and the stream header has declared some prefixes: elements in
    /// their namespaces are written with them.
    /// </summary>
    public void WriteTo(IBufferWriter<byte> output, string defaultNamespace, IReadOnlyList<(string Prefix, string Namespace)> declared)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(defaultNamespace);
        ArgumentNullException.ThrowIfNull(declared);
        XmlElementWriter.Write(output, this, defaultNamespace, declared);
    }

    /// <summary>The element alone, as it is written where no namespace is in force.</summary>
    public override string ToString()
    {
        var output = new ArrayBufferWriter<byte>();
        WriteTo(output, string.Empty);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}

/// <summary>One attribute, value decoded.</summary>
/// <param name="Name">Local name.</param>
/// <param name="Namespace">Namespace name; empty for none.</param>
/// <param name="Value">Decoded value.</param>
public sealed record XmlAttribute(string Name, string Namespace, string Value);
