using System.Buffers;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Framing;

/// <summary>One complete, validated top-level element, still in the reader's buffer.</summary>
public readonly ref struct StanzaFrame
{
    private readonly ElementScanner scanner;
    private readonly ReadOnlySpan<byte> bytes;

    internal StanzaFrame(ElementScanner scanner, ReadOnlySpan<byte> bytes)
    {
        this.scanner = scanner;
        this.bytes = bytes;
    }

    /// <summary>Which stanza, or <see cref="StanzaKind.None"/> for everything that is not one of the stream's content namespace.</summary>
    public StanzaKind Kind => scanner.Top.Kind;

    /// <summary>
    /// True when the inner bytes may be copied as they are; false when the element is written anew from its events. Plain is a stanza without
    /// CDATA sections, numeric references, raw CR, attribute white space to normalise, prefixes that only the stream header
    /// declares, and declarations of a content namespace below its own tag.
    /// </summary>
    public bool IsPlain => scanner.IsPlain;

    /// <summary>All bytes of the element as they came.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Decoded value (references resolved, white space normalised); <see cref="HasFrom"/> tells absent from empty.</summary>
    public ReadOnlySpan<byte> From => scanner.Value(scanner.Top.From, bytes);

    /// <summary>Decoded value.</summary>
    public ReadOnlySpan<byte> To => scanner.Value(scanner.Top.To, bytes);

    /// <summary>Decoded value; escape it before it is written again.</summary>
    public ReadOnlySpan<byte> Id => scanner.Value(scanner.Top.Id, bytes);

    /// <summary>Decoded value.</summary>
    public ReadOnlySpan<byte> Type => scanner.Value(scanner.Top.Type, bytes);

    /// <summary>Decoded value of <c>xml:lang</c>.</summary>
    public ReadOnlySpan<byte> Language => scanner.Value(scanner.Top.Language, bytes);

    /// <summary>
    /// False when nothing below the top declares a namespace or has a prefix: then all of it is in the stream's content namespace, and there is no payload to
    /// judge. Known from the framer's own pass.
    /// </summary>
    public bool HasForeignPayloads => scanner.HasForeignPayloads;

    /// <summary>True when the attribute is there, even empty.</summary>
    public bool HasFrom => scanner.Top.From.Number != 0;

    /// <summary>True when the attribute is there, even empty.</summary>
    public bool HasTo => scanner.Top.To.Number != 0;

    /// <summary>True when the attribute is there, even empty.</summary>
    public bool HasId => scanner.Top.Id.Number != 0;

    /// <summary>
    /// Writes the element for a stream of <paramref name="target"/>: start tag written by us with the given canonical addresses, content copied (plain)
    /// or serialised anew (canonical). Elements of the source's content namespace become elements of the target's; nothing depends on prefixes
    /// that only the source's root declares. An empty address is left out.
    /// </summary>
    /// <param name="output">Where it is written.</param>
    /// <param name="target">The content namespace of the stream that it goes out on.</param>
    /// <param name="from">Canonical.</param>
    /// <param name="to">Canonical.</param>
    /// <param name="leaveOut">
    /// The children that are not written. Such a stanza always goes the canonical way: text that stood apart comes together, and <c>]]</c> and <c>&gt;</c>
    /// copied as they are would make what no parser accepts.
    /// </param>
    public void WriteTo(IBufferWriter<byte> output, ContentNamespace target, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, PayloadMask leaveOut = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (scanner.IsPlain && leaveOut.IsEmpty)
        {
            PlainWriter.Write(output, scanner, bytes, from, to);
        }
        else
        {
            new CanonicalWriter(output, scanner, target, leaveOut).Write(bytes, from, to);
        }
    }

    /// <summary>Reads every element below the stanza's own, namespaces resolved.</summary>
    public PayloadReader ReadPayloads() => new(scanner, bytes);

    /// <summary>The element as a small tree, for negotiation and other rare reading; allocates.</summary>
    public XmlElement ToElement() => ElementTree.Build(bytes, scanner.Root!);
}
