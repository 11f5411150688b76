using System.Buffers;
using System.Xml;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Benchmarks.Framing;

/// <summary>
/// One pass over the same bytes: by the framer, reading alone or reading and writing; and by System.Xml, reading alone. Each does what a server would have to do.
/// <para>
/// XmlReader: one reader a stream, over a <see cref="MemoryStream"/> that stands for the connection, as a fragment, without DTD, characters checked and
/// namespaces resolved (its defaults). Every node and every attribute is visited, and its type, names, namespace and value are taken: strings, since the reader gives nothing
/// else. Elements are not rebuilt from the nodes and nothing is written, which a server would have to do on top.
/// </para>
/// <para>
/// Framer: one framer a stream, over the same array, which stands for the pipe's buffer. It validates the same (characters, names, namespaces, duplicate
/// attributes, references) and some more (limits, stanza kinds, what XMPP forbids), and what a server reads is taken: kind, addresses, id, type
/// and language, as bytes. Nested elements are not handed out one by one: the edge copies them. The second pass of the framer
/// also writes each stanza for a component, so its time covers work that XmlReader's does not.
/// </para>
/// </summary>
internal sealed class StanzaPasses(byte[] stanzas)
{
    private static readonly XmlReaderSettings Settings = new()
    {
        ConformanceLevel = ConformanceLevel.Fragment,
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
    };

    private readonly StreamFramer framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
    private readonly RewoundBuffer output = new();

    public byte[] Stanzas => stanzas;

    /// <summary>Reads each stanza and writes it for a component; the count of stanzas.</summary>
    public int ReadAndWrite()
    {
        var data = stanzas.AsSpan();
        var count = 0;
        while (framer.Read(data, out var consumed, out var frame) == FrameStatus.Element)
        {
            output.Rewind();
            frame.WriteTo(output, ContentNamespace.Component, frame.From, frame.To);
            data = data[consumed..];
            count++;
        }

        return count;
    }

    /// <summary>Reads each stanza only; the sum of the lengths seen.</summary>
    public int Read()
    {
        var data = stanzas.AsSpan();
        var seen = 0;
        while (framer.Read(data, out var consumed, out var frame) == FrameStatus.Element)
        {
            seen += (int)frame.Kind + frame.From.Length + frame.To.Length + frame.Id.Length + frame.Type.Length + frame.Language.Length;
            data = data[consumed..];
        }

        return seen;
    }

    /// <summary>Reads each stanza and every element in it; the sum of the lengths seen.</summary>
    public int ReadPayloads()
    {
        var data = stanzas.AsSpan();
        var seen = 0;
        while (framer.Read(data, out var consumed, out var frame) == FrameStatus.Element)
        {
            var payloads = frame.ReadPayloads();
            while (payloads.MoveNext())
            {
                seen += payloads.Namespace.Length + payloads.LocalName.Length;
            }

            data = data[consumed..];
        }

        return seen;
    }

    /// <summary>Walks every node and attribute; the sum of the lengths seen.</summary>
    public int XmlReader()
    {
        using var reader = System.Xml.XmlReader.Create(new MemoryStream(stanzas), Settings);
        var seen = 0;
        while (reader.Read())
        {
            seen += (int)reader.NodeType + reader.LocalName.Length + reader.NamespaceURI.Length + reader.Value.Length;
            while (reader.MoveToNextAttribute())
            {
                seen += reader.LocalName.Length + reader.NamespaceURI.Length + reader.Value.Length;
            }
        }

        return seen;
    }
}

/// <summary>Output memory that is used again for every stanza.</summary>
internal sealed class RewoundBuffer : IBufferWriter<byte>
{
    private readonly byte[] memory = new byte[1 << 20];
    private int written;

    public void Rewind() => written = 0;

    public void Advance(int count) => written += count;

    public Memory<byte> GetMemory(int sizeHint = 0) => memory.AsMemory(written);

    public Span<byte> GetSpan(int sizeHint = 0) => memory.AsSpan(written);
}
