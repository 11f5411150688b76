using System.Buffers;
using System.Text;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Streams;

/// <summary>Writes what we say during negotiation: our own markup as it is, every value escaped.</summary>
internal readonly struct WireWriter(IBufferWriter<byte> output)
{
    /// <summary>Writes a piece with a writer and gives its bytes.</summary>
    public static ReadOnlyMemory<byte> Compose(Action<WireWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        write(new WireWriter(buffer));
        return buffer.WrittenMemory;
    }

    /// <summary>Markup of ours.</summary>
    public WireWriter Markup(ReadOnlySpan<byte> utf8)
    {
        output.Write(utf8);
        return this;
    }

    /// <summary>Markup of ours: a name from a closed vocabulary.</summary>
    public WireWriter Markup(string name)
    {
        Encoding.UTF8.GetBytes(name, output);
        return this;
    }

    /// <summary>Character data.</summary>
    public WireWriter Text(string value)
    {
        XmlEscape.WriteText(output, value);
        return this;
    }

    /// <summary>An attribute, left out when the value is null.</summary>
    public WireWriter Attribute(ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
            return this;
        Begin(name);
        XmlEscape.WriteAttributeValue(output, value);
        output.Write("'"u8);
        return this;
    }

    /// <summary>An attribute whose value is decoded UTF-8.</summary>
    public WireWriter Attribute(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Begin(name);
        XmlEscape.WriteAttributeValue(output, value);
        output.Write("'"u8);
        return this;
    }

    private void Begin(ReadOnlySpan<byte> name)
    {
        output.Write(" "u8);
        output.Write(name);
        output.Write("='"u8);
    }
}
