using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Framing;

/// <summary>An attribute of the top-level element: its index plus one, 0 when it is absent; and where its decoded value is in scratch memory, if it had to be decoded.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct TopAttribute
{
    internal int Number;
    internal int ScratchStart;
    internal int ScratchLength;
}

/// <summary>What the scanner keeps of the top-level element's start tag for its frame.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct TopElement
{
    // The first bytes of names as little-endian numbers.
    private const uint To2 = 't' | ('o' << 8);
    private const uint Id2 = 'i' | ('d' << 8);
    private const uint From4 = 'f' | ('r' << 8) | ('o' << 16) | ('m' << 24);
    private const uint Type4 = 't' | ('y' << 8) | ('p' << 16) | ('e' << 24);

    internal StanzaKind Kind;

    /// <summary>The element is in the content namespace of the stream it came on.</summary>
    internal bool InContentNamespace;

    internal int NameLength;
    internal int AttributeCount;

    /// <summary>Index of the <c>xmlns</c> attribute plus one; 0 when there is none.</summary>
    internal int DefaultDeclaration;

    internal TopAttribute From;
    internal TopAttribute To;
    internal TopAttribute Id;
    internal TopAttribute Type;
    internal TopAttribute Language;

    // Which of the header's first 63 bindings are used inside; the last bit stands for all others.
    private ulong inherited;

    internal readonly bool Inherits(int binding) => (inherited & (1UL << Math.Min(binding, 63))) != 0;

    internal void MarkInherited(int binding) => inherited |= 1UL << Math.Min(binding, 63);

    /// <summary>Notes the attribute if it is one that frames tell of. Behind its name are at least three more bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Note(ReadOnlySpan<byte> data, in ScannedAttribute attribute, int index)
    {
        var start = BinaryPrimitives.ReadUInt32LittleEndian(data[attribute.NameStart..]);
        switch (attribute.NameLength)
        {
            case 2 when (ushort)start == To2:
                To.Number = index + 1;
                break;
            case 2 when (ushort)start == Id2:
                Id.Number = index + 1;
                break;
            case 4 when start == From4:
                From.Number = index + 1;
                break;
            case 4 when start == Type4:
                Type.Number = index + 1;
                break;
            case 8 when attribute.Name(data).SequenceEqual("xml:lang"u8):
                Language.Number = index + 1;
                break;
        }
    }

    /// <summary>Decodes those of the noted attributes that need it.</summary>
    internal void Decode(ReadOnlySpan<byte> data, ref ReusedList<ScannedAttribute> attributes, ref ScratchMemory scratch)
    {
        Decode(ref From, data, ref attributes, ref scratch);
        Decode(ref To, data, ref attributes, ref scratch);
        Decode(ref Id, data, ref attributes, ref scratch);
        Decode(ref Type, data, ref attributes, ref scratch);
        Decode(ref Language, data, ref attributes, ref scratch);
    }

    private static void Decode(ref TopAttribute noted, ReadOnlySpan<byte> data, ref ReusedList<ScannedAttribute> attributes, ref ScratchMemory scratch)
    {
        if (noted.Number != 0 && attributes[noted.Number - 1].NeedsDecoding)
        {
            noted.ScratchStart = scratch.Append(attributes[noted.Number - 1].RawValue(data), out noted.ScratchLength);
        }
    }
}
