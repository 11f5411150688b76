using System.Buffers;
using System.Xml;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Benchmarks.Framing;

/// <summary>One pass over the same bytes: by the framer, both reading and writing; and by System.Xml, reading alone.</summary>
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

    /// <summary>Reads each stanza only.</summary>
    public int Read()
    {
        var data = stanzas.AsSpan();
        var count = 0;
        while (framer.Read(data, out var consumed, out _) == FrameStatus.Element)
        {
            data = data[consumed..];
            count++;
        }

        return count;
    }

    /// <summary>Walks every node and attribute; the sum of the lengths seen.</summary>
    public int XmlReader()
    {
        using var reader = System.Xml.XmlReader.Create(new MemoryStream(stanzas), Settings);
        var seen = 0;
        while (reader.Read())
        {
            seen += reader.LocalName.Length + reader.NamespaceURI.Length + reader.Value.Length;
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
