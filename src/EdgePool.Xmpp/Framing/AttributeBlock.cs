using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EdgePool.Xmpp.Framing;

/// <summary>
/// The next 32 bytes from an attribute's name on, as bit masks: where the name can end and where the value can end. Both are taken from one load, so finding the
/// value's end does not wait until the name's end is known; on the stanza path that wait is most of the work.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly ref struct AttributeBlock
{
    /// <summary>How many bytes must be there.</summary>
    internal const int Bytes = 32;

    private readonly uint ends;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal AttributeBlock(ReadOnlySpan<byte> data, int start)
    {
        var block = Vector256.Create(data.Slice(start, Bytes));
        var stops = Vector256.LessThan(block.AsSByte(), Vector256.Create((sbyte)0x20)).AsByte()
            | Vector256.Equals(block, Vector256.Create((byte)'<'))
            | Vector256.Equals(block, Vector256.Create((byte)'&'))
            | Vector256.Equals(block, Vector256.Create((byte)'\''))
            | Vector256.Equals(block, Vector256.Create((byte)'"'));
        ends = stops.ExtractMostSignificantBits();
        NameLength = CharacterRuns.ShortNameLength(data, start);
    }

    /// <summary>As <see cref="CharacterRuns.ShortNameLength"/>.</summary>
    internal int NameLength { get; }

    /// <summary>
    /// The position of the quote that ends the value which begins <paramref name="offset"/> bytes into the block, behind its opening quote;
    /// -1 when there is no opening quote, or the value is not all there, or it holds anything but ASCII without references and controls.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int ValueEnd(ReadOnlySpan<byte> data, int start, int offset)
    {
        var mark = data[start + offset - 1];
        if (mark is not ((byte)'\'' or (byte)'"'))
        {
            return -1;
        }

        // The other quote is part of the value.
        var inside = ends >> offset;
        var end = inside != 0 ? start + offset + BitOperations.TrailingZeroCount(inside) : start + Bytes;
        if (inside == 0 || (data[end] != mark && data[end] is (byte)'\'' or (byte)'"'))
        {
            end = CharacterRuns.SkipValue(data, end, mark);
        }

        return end < data.Length && data[end] == mark ? end : -1;
    }
}
