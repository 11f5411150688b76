using System.Buffers;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Framing;

/// <summary>One complete, validated top-level element, still in the reader's buffer.</summary>
public readonly ref struct StanzaFrame
{
    /// <summary>Which stanza, or <see cref="StanzaKind.None"/> for everything that is not one of the stream's content namespace.</summary>
    public StanzaKind Kind => throw new NotSupportedException("skeleton");

    /// <summary>True when the inner bytes may be copied as they are; false when the element is written anew from its events.</summary>
    public bool IsPlain => throw new NotSupportedException("skeleton");

    /// <summary>All bytes of the element as they came.</summary>
    public ReadOnlySpan<byte> Bytes => throw new NotSupportedException("skeleton");

    /// <summary>Decoded value (references resolved, white space normalised); <see cref="HasFrom"/> tells absent from empty.</summary>
    public ReadOnlySpan<byte> From => throw new NotSupportedException("skeleton");

    /// <summary>Decoded value.</summary>
    public ReadOnlySpan<byte> To => throw new NotSupportedException("skeleton");

    /// <summary>Decoded value; escape it before it is written again.</summary>
    public ReadOnlySpan<byte> Id => throw new NotSupportedException("skeleton");

    /// <summary>Decoded value.</summary>
    public ReadOnlySpan<byte> Type => throw new NotSupportedException("skeleton");

    /// <summary>True when the attribute is there, even empty.</summary>
    public bool HasFrom => throw new NotSupportedException("skeleton");

    /// <summary>True when the attribute is there, even empty.</summary>
    public bool HasTo => throw new NotSupportedException("skeleton");

    /// <summary>
    /// Writes the element for a stream of <paramref name="target"/>: start tag written by us with the given canonical addresses, content copied (plain)
    /// or serialised anew (canonical). Elements of the source's content namespace become elements of the target's; nothing depends on prefixes
    /// that only the source's root declares.
    /// </summary>
    public void WriteTo(IBufferWriter<byte> output, ContentNamespace target, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => throw new NotSupportedException("skeleton");

    /// <summary>The element as a small tree, for negotiation and other rare reading; allocates.</summary>
    public XmlElement ToElement() => throw new NotSupportedException("skeleton");
}
