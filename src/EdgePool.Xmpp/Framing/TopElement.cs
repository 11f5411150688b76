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

    internal void Note(ReadOnlySpan<byte> name, int index)
    {
        switch (name.Length)
        {
            case 2 when name.SequenceEqual("to"u8):
                To.Number = index + 1;
                break;
            case 2 when name.SequenceEqual("id"u8):
                Id.Number = index + 1;
                break;
            case 4 when name.SequenceEqual("from"u8):
                From.Number = index + 1;
                break;
            case 4 when name.SequenceEqual("type"u8):
                Type.Number = index + 1;
                break;
            case 8 when name.SequenceEqual("xml:lang"u8):
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
