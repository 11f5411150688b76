using System.Numerics;
using System.Runtime.CompilerServices;

namespace EdgePool.Xmpp.Framing;

/// <content>
/// The short way through a start tag: one that is all there, in ASCII, without prefixes (but <c>xml:lang</c>), references and unusual white space. Nearly
/// all are. Anything else, and every fault, is left to the states, which begin again at the tag's name: a tag is tried at once only
/// when its <c>&lt;</c> is read, so no byte is looked at more than twice.
/// </content>
internal sealed partial class ElementScanner
{
    /// <summary>From the tag's name to its <c>&gt;</c> or <c>/</c>, everything noted; or -1, and nothing is.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int TagAtOnce(ReadOnlySpan<byte> data, int at)
    {
        var length = CharacterRuns.ShortNameLength(data, at);
        if (length == 0 || Limits.NameBytes < CharacterRuns.ShortName)
        {
            return -1;
        }

        var first = attributes.Count;
        var seen = 0UL;
        var next = at + length;
        while (next >= 0 && next < data.Length && data[next] == (byte)' ')
        {
            next = AttributeAtOnce(data, next + 1, first, ref seen);
        }

        if (next < 0 || next >= data.Length || data[next] is not ((byte)'>' or (byte)'/'))
        {
            attributes.Truncate(first);
            declarations = 0;
            return -1;
        }

        tagStart = at;
        tagLength = length;
        tagColon = 0;
        return next;
    }

    // name '=' quote value quote: the position behind it, or -1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int AttributeAtOnce(ReadOnlySpan<byte> data, int start, int first, ref ulong seen)
    {
        if (data.Length - start <= CharacterRuns.AttributeBytes || attributes.Count - first >= Limits.Attributes)
        {
            return -1;
        }

        var marks = CharacterRuns.AttributeMarks(data, start);
        var length = BitOperations.TrailingZeroCount(marks.NameEnds);
        var prefix = 0;
        var limit = Limits.AttributeValueBytes;
        if (length == 3 && data[start + 3] == (byte)':' && data.Slice(start, 8).SequenceEqual("xml:lang"u8))
        {
            length = 8;
            prefix = 3;
            limit = Limits.LanguageBytes;
        }

        if ((uint)(length - 1) >= CharacterRuns.ShortName - 1 || data[start + length] != (byte)'=' || CharacterRuns.BeginsLikeNumber(data[start]))
        {
            return -1;
        }

        var value = start + length + 2;
        var mark = data[value - 1];
        if (mark is not ((byte)'\'' or (byte)'"'))
        {
            return -1;
        }

        // The first quote is the one that opens: nothing before it was one. The second closes if nothing unusual is before it.
        var closing = marks.Quotes & (marks.Quotes - 1);
        var end = closing != 0 ? start + BitOperations.TrailingZeroCount(closing) : start + CharacterRuns.AttributeBytes;
        if (data[end] != mark || (marks.Unusual & (closing ^ (closing - 1))) != 0)
        {
            // A longer value, or the other quote inside, or something unusual.
            end = CharacterRuns.SkipValue(data, (closing | marks.Unusual) == 0 ? end : value, mark);
            if (end >= data.Length || data[end] != mark)
            {
                return -1;
            }
        }

        if (end - value > limit)
        {
            return -1;
        }

        // A name that cannot have been there needs no comparison: those that stanzas use fall on different bits.
        var bit = 1UL << (data[start] + (3 * data[start + length - 1]) + (7 * length));
        if ((seen & bit) != 0 && IsDuplicate(data, first, data.Slice(start, length)))
        {
            return -1;
        }

        seen |= bit;
        ref var attribute = ref attributes.Add();
        attribute.NameStart = start;
        attribute.NameLength = length;
        attribute.PrefixLength = prefix;
        attribute.ValueStart = value;
        attribute.ValueEnd = end;
        attribute.NeedsDecoding = false;
        attribute.IsDeclaration = false;
        return length != 5 || TryDeclareAtOnce(data, ref attribute) ? end + 1 : -1;
    }

    // A default declaration of a namespace that means nothing to us needs nothing more; any other is resolved with the tag.
    private bool TryDeclareAtOnce(ReadOnlySpan<byte> data, ref ScannedAttribute attribute)
    {
        if (!attribute.Name(data).SequenceEqual("xmlns"u8))
        {
            return true;
        }

        attribute.IsDeclaration = true;
        foreign = true;
        var name = attribute.RawValue(data);
        declarations = ContentNamespaces.MayBeKnown(name) ? 1 : 0;
        return name.Length <= Limits.NamespaceBytes && Limits.NamespaceDeclarations > 0;
    }

    private bool IsDuplicate(ReadOnlySpan<byte> data, int first, ReadOnlySpan<byte> name)
    {
        for (var index = first; index < attributes.Count; index++)
        {
            ref var earlier = ref attributes[index];
            if (earlier.NameLength == name.Length && data[earlier.NameStart] == name[0] && earlier.Name(data).SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }
}
