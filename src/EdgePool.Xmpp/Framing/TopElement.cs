using System.Runtime.InteropServices;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Framing;

/// <summary>A decoded attribute value of the top-level element: in the element's bytes, or in scratch memory when it had to be decoded.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct ValueSpan
{
    internal int Start;
    internal int Length;
    internal bool InScratch;

    /// <summary>Index of the attribute plus one; 0 when it is absent.</summary>
    internal int Attribute;
}

/// <summary>What the scanner keeps of the top-level element's start tag for its frame.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct TopElement
{
    internal StanzaKind Kind;

    /// <summary>The element is in the content namespace of the stream it came on.</summary>
    internal bool InContentNamespace;

    internal int NameLength;
    internal int AttributeCount;

    /// <summary>Index of the <c>xmlns</c> attribute plus one; 0 when there is none.</summary>
    internal int DefaultDeclaration;

    internal ValueSpan From;
    internal ValueSpan To;
    internal ValueSpan Id;
    internal ValueSpan Type;
    internal ValueSpan Language;

    // Which of the header's first 63 bindings are used inside; the last bit stands for all others.
    private ulong inherited;

    internal readonly bool Inherits(int binding) => (inherited & (1UL << Math.Min(binding, 63))) != 0;

    internal void MarkInherited(int binding) => inherited |= 1UL << Math.Min(binding, 63);

    internal void Note(ReadOnlySpan<byte> name, int index)
    {
        switch (name.Length)
        {
            case 2 when name.SequenceEqual("to"u8):
                To.Attribute = index + 1;
                break;
            case 2 when name.SequenceEqual("id"u8):
                Id.Attribute = index + 1;
                break;
            case 4 when name.SequenceEqual("from"u8):
                From.Attribute = index + 1;
                break;
            case 4 when name.SequenceEqual("type"u8):
                Type.Attribute = index + 1;
                break;
            case 8 when name.SequenceEqual("xml:lang"u8):
                Language.Attribute = index + 1;
                break;
        }
    }

    internal void DecodeAddresses(ReadOnlySpan<byte> data, ref ReusedList<ScannedAttribute> attributes, ref ScratchMemory scratch)
    {
        Decode(ref From, data, ref attributes, ref scratch);
        Decode(ref To, data, ref attributes, ref scratch);
        Decode(ref Id, data, ref attributes, ref scratch);
        Decode(ref Type, data, ref attributes, ref scratch);
        Decode(ref Language, data, ref attributes, ref scratch);
    }

    private static void Decode(ref ValueSpan value, ReadOnlySpan<byte> data, ref ReusedList<ScannedAttribute> attributes, ref ScratchMemory scratch)
    {
        if (value.Attribute == 0)
        {
            return;
        }

        ref var attribute = ref attributes[value.Attribute - 1];
        value.InScratch = attribute.NeedsDecoding;
        value.Start = attribute.ValueStart;
        value.Length = attribute.ValueEnd - attribute.ValueStart;
        if (attribute.NeedsDecoding)
        {
            value.Start = scratch.Append(attribute.RawValue(data), out value.Length);
        }
    }
}
