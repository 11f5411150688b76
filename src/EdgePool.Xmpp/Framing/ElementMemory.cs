using System.Buffers;
using System.Runtime.InteropServices;

namespace EdgePool.Xmpp.Framing;

/// <summary>An attribute of the tag being read. Offsets count from the first byte of the top-level element.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct ScannedAttribute
{
    internal int NameStart;
    internal int NameLength;

    /// <summary>Bytes before the colon; 0 without a prefix.</summary>
    internal int PrefixLength;
    internal int ValueStart;
    internal int ValueEnd;

    /// <summary>The value holds references or white space that is normalised.</summary>
    internal bool NeedsDecoding;

    /// <summary><c>xmlns</c> or <c>xmlns:prefix</c>.</summary>
    internal bool IsDeclaration;

    internal readonly ReadOnlySpan<byte> Name(ReadOnlySpan<byte> data) => data.Slice(NameStart, NameLength);

    internal readonly ReadOnlySpan<byte> Prefix(ReadOnlySpan<byte> data) => data.Slice(NameStart, PrefixLength);

    internal readonly ReadOnlySpan<byte> LocalName(ReadOnlySpan<byte> data)
        => PrefixLength == 0 ? Name(data) : data.Slice(NameStart + PrefixLength + 1, NameLength - PrefixLength - 1);

    internal readonly ReadOnlySpan<byte> RawValue(ReadOnlySpan<byte> data) => data[ValueStart..ValueEnd];
}

/// <summary>A start tag whose end tag is awaited.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct OpenElement
{
    internal int NameStart;
    internal int NameLength;

    /// <summary>How many prefix bindings were in force outside.</summary>
    internal int OuterBindings;
}

/// <summary>A prefix bound inside the top-level element.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct PrefixBinding
{
    internal int PrefixStart;
    internal int PrefixLength;
    internal int NamespaceStart;
    internal int NamespaceLength;

    /// <summary>The namespace name was decoded: its offsets are those of the scratch memory.</summary>
    internal bool InScratch;
}

/// <summary>
/// A list whose array is reused from element to element and grown from the shared pool. Small arrays are kept while the
/// stream idles; what a large element needed goes back.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct ReusedList<T>
    where T : struct
{
    private const int Kept = 8;

    private T[]? own;
    private T[]? items;

    internal int Count { get; private set; }

    internal readonly ref T this[int index] => ref items![index];

    internal readonly ref T Last => ref items![Count - 1];

    /// <summary>Appends one item of stale content and returns it to be filled.</summary>
    internal ref T Add()
    {
        var list = items;
        var index = Count;
        if (list is null || (uint)index >= (uint)list.Length)
        {
            list = Grow();
        }

        Count = index + 1;
        return ref list[index];
    }

    internal void Truncate(int count) => Count = count;

    /// <summary>Forgets every item and gives back what exceeds the kept size.</summary>
    internal void Reset()
    {
        Count = 0;
        if (items is not null && items != own)
        {
            ArrayPool<T>.Shared.Return(items);
            items = own;
        }
    }

    private T[] Grow()
    {
        if (items is null)
        {
            return items = own = new T[Kept];
        }

        var larger = ArrayPool<T>.Shared.Rent(items.Length * 2);
        items.AsSpan(0, Count).CopyTo(larger);
        if (items != own)
        {
            ArrayPool<T>.Shared.Return(items);
        }

        return items = larger;
    }
}

/// <summary>Pooled bytes for decoded values of one top-level element; offsets into it stay good while it grows.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct ScratchMemory
{
    private byte[]? bytes;
    private int used;

    internal readonly ReadOnlySpan<byte> Slice(int start, int length) => bytes.AsSpan(start, length);

    /// <summary>Decodes a raw attribute value behind what is there.</summary>
    internal int Append(ReadOnlySpan<byte> rawValue, out int length)
    {
        Reserve(rawValue.Length);
        var start = used;
        length = CharacterData.Decode(rawValue, bytes.AsSpan(start), CharacterDataKind.AttributeValue);
        used += length;
        return start;
    }

    internal void Release()
    {
        used = 0;
        if (bytes is not null)
        {
            ArrayPool<byte>.Shared.Return(bytes);
            bytes = null;
        }
    }

    private void Reserve(int count)
    {
        if (bytes is not null && bytes.Length - used >= count)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(used + count);
        if (bytes is not null)
        {
            bytes.AsSpan(0, used).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(bytes);
        }

        bytes = larger;
    }
}
