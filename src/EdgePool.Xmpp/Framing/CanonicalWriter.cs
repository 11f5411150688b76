using System.Buffers;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Framing;

/// <summary>
/// The canonical way out: a second pass that writes every token anew. Prefixes stay as written; those that only the stream header declares are declared
/// on the top-level element; every declaration of the source's content namespace becomes one of the target's, so whatever was in
/// the one is in the other.
/// </summary>
internal readonly ref struct CanonicalWriter
{
    private readonly IBufferWriter<byte> output;
    private readonly ElementScanner scanner;
    private readonly ReadOnlySpan<byte> source;
    private readonly ReadOnlySpan<byte> target;
    private readonly PayloadMask leaveOut;

    internal CanonicalWriter(IBufferWriter<byte> output, ElementScanner scanner, ContentNamespace target, PayloadMask leaveOut)
    {
        this.leaveOut = leaveOut;
        this.output = output;
        this.scanner = scanner;
        source = scanner.Root!.DefaultNamespace;
        this.target = ContentNamespaces.Bytes(target);
    }

    internal void Write(ReadOnlySpan<byte> element, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(element.Length);
        var reader = new ValidatedReader(element);
        reader.Read();
        WriteTopTag(ref reader, scratch, from, to);
        var depth = 1;
        var child = -1;
        while (reader.Read())
        {
            switch (reader.Token)
            {
                case XmlToken.StartTag when depth == 1 && leaveOut.Contains(++child):
                    SkipElement(ref reader);
                    break;
                case XmlToken.StartTag:
                    WriteStartTag(ref reader, scratch);
                    depth += reader.IsEmpty ? 0 : 1;
                    break;
                case XmlToken.EndTag:
                    depth--;
                    output.Write("</"u8);
                    output.Write(reader.Name);
                    output.Write(">"u8);
                    break;
                case XmlToken.Text:
                    XmlEscape.WriteText(output, Decode(reader.Value, scratch, CharacterDataKind.Text));
                    break;
                case XmlToken.CdataSection:
                    XmlEscape.WriteText(output, Decode(reader.Value, scratch, CharacterDataKind.CdataSection));
                    break;
            }
        }

        ArrayPool<byte>.Shared.Return(scratch);
    }

    // Behind its name: to behind its end.
    private static void SkipElement(ref ValidatedReader reader)
    {
        var depth = 0;
        do
        {
            if (reader.Token == XmlToken.StartTag)
            {
                while (reader.ReadAttribute())
                {
                    // nothing of it is written
                }

                depth += reader.IsEmpty ? 0 : 1;
            }
            else if (reader.Token == XmlToken.EndTag)
            {
                depth--;
            }
        }
        while (depth > 0 && reader.Read());
    }

    private void WriteTopTag(ref ValidatedReader reader, byte[] scratch, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        output.Write("<"u8);
        output.Write(reader.Name);
        WriteAddress("from"u8, from);
        WriteAddress("to"u8, to);
        DeclareInherited();
        while (reader.ReadAttribute())
        {
            if (reader.Name.SequenceEqual("from"u8) || reader.Name.SequenceEqual("to"u8)
                || (scanner.Top.InContentNamespace && reader.Name.SequenceEqual("xmlns"u8)))
            {
                continue;
            }

            WriteAttribute(reader.Name, reader.Value, scratch);
        }

        output.Write(reader.IsEmpty ? "/>"u8 : ">"u8);
    }

    private void DeclareInherited()
    {
        var bindings = scanner.Root!.Bindings;
        for (var index = 0; index < bindings.Length; index++)
        {
            if (scanner.Top.Inherits(index))
            {
                output.Write(" xmlns:"u8);
                output.Write(bindings[index].Prefix);
                output.Write("='"u8);
                XmlEscape.WriteAttributeValue(output, Translate(bindings[index].Namespace));
                output.Write("'"u8);
            }
        }
    }

    private void WriteStartTag(ref ValidatedReader reader, byte[] scratch)
    {
        output.Write("<"u8);
        output.Write(reader.Name);
        while (reader.ReadAttribute())
        {
            WriteAttribute(reader.Name, reader.Value, scratch);
        }

        output.Write(reader.IsEmpty ? "/>"u8 : ">"u8);
    }

    private void WriteAttribute(ReadOnlySpan<byte> name, ReadOnlySpan<byte> rawValue, byte[] scratch)
    {
        var value = Decode(rawValue, scratch, CharacterDataKind.AttributeValue);
        var declares = name.StartsWith("xmlns"u8) && (name.Length == 5 || name[5] == (byte)':');
        output.Write(" "u8);
        output.Write(name);
        output.Write("='"u8);
        XmlEscape.WriteAttributeValue(output, declares ? Translate(value) : value);
        output.Write("'"u8);
    }

    private void WriteAddress(ReadOnlySpan<byte> name, ReadOnlySpan<byte> address)
    {
        if (!address.IsEmpty)
        {
            output.Write(" "u8);
            output.Write(name);
            output.Write("='"u8);
            XmlEscape.WriteAttributeValue(output, address);
            output.Write("'"u8);
        }
    }

    private ReadOnlySpan<byte> Translate(ReadOnlySpan<byte> name) => !source.IsEmpty && name.SequenceEqual(source) ? target : name;

    private static ReadOnlySpan<byte> Decode(ReadOnlySpan<byte> raw, byte[] scratch, CharacterDataKind kind)
        => scratch.AsSpan(0, CharacterData.Decode(raw, scratch, kind));
}
