using System.Runtime.CompilerServices;

namespace EdgePool.Xmpp.Framing;

/// <content>The tokens: each goes on where it stopped, moves the position over what it accepted, and names the violation it found.</content>
internal sealed partial class ElementScanner
{
    private enum ValueStatus
    {
        Complete,
        Reference,
        NeedMore,
        Invalid,
    }

    /// <summary>A qualified name (Namespaces in XML section 4) from <see cref="tokenStart"/>; its colon, if any, into <see cref="colon"/>.</summary>
    private RunStatus ScanName(ReadOnlySpan<byte> data, ref int at)
    {
        if (at != tokenStart)
        {
            return ScanUnusualName(data, ref at);
        }

        var next = at;
        while (next < data.Length && (CharacterRuns.Class(data[next]) & CharacterRuns.NamePart) != 0)
        {
            next++;
        }

        var plainEnd = next < data.Length && data[next] is not (byte)':' and < 0x80;
        if (!plainEnd || next == at)
        {
            return ScanUnusualName(data, ref at);
        }

        at = next;
        return next - tokenStart <= Limits.NameBytes ? RunStatus.Done : Refuse(Violations.NameBytes);
    }

    private RunStatus ScanUnusualName(ReadOnlySpan<byte> data, ref int at)
    {
        while (at - tokenStart <= Limits.NameBytes)
        {
            if (at >= data.Length)
            {
                return RunStatus.NeedMore;
            }

            var first = at == tokenStart || data[at - 1] == (byte)':';
            var value = data[at];
            if ((CharacterRuns.Class(value) & (first ? CharacterRuns.NameStart : CharacterRuns.NamePart)) != 0)
            {
                at++;
            }
            else if (value >= 0x80)
            {
                var status = CharacterRuns.SkipUnicodeNameCharacter(data, ref at, first);
                if (status != RunStatus.Done)
                {
                    return status == RunStatus.NeedMore ? status : Refuse(Violations.Name);
                }
            }
            else if (first || (value == (byte)':' && colon != 0))
            {
                return Refuse(Violations.Name);
            }
            else if (value == (byte)':')
            {
                colon = at - tokenStart;
                at++;
            }
            else
            {
                return RunStatus.Done;
            }
        }

        return Refuse(Violations.NameBytes);
    }

    /// <summary>An attribute value up to and including its quote, or up to and including the <c>&amp;</c> of a reference.</summary>
    private ValueStatus ScanValue(ReadOnlySpan<byte> data, ref int at)
    {
        var next = CharacterRuns.SkipValue(data, at, quote);
        if (next < data.Length && data[next] == quote && next - valueStart <= valueLimit)
        {
            at = next + 1;
            ref var attribute = ref attributes.Last;
            attribute.ValueStart = valueStart;
            attribute.ValueEnd = next;
            return ValueStatus.Complete;
        }

        return ScanUnusualValue(data, ref at);
    }

    private ValueStatus ScanUnusualValue(ReadOnlySpan<byte> data, ref int at)
    {
        // One byte more than the limit may be seen: the quote, or the byte that is too much.
        var window = data[..(int)Math.Min(data.Length, (long)valueStart + valueLimit + 1)];
        while (true)
        {
            at = Math.Min(window.Length, CharacterRuns.SkipValue(window, Math.Min(at, window.Length), quote));
            if (at >= window.Length)
            {
                return WaitForValue(window.Length);
            }

            var value = window[at];
            if (value == quote)
            {
                ref var attribute = ref attributes.Last;
                attribute.ValueStart = valueStart;
                attribute.ValueEnd = at++;
                return ValueStatus.Complete;
            }

            switch (value)
            {
                case (byte)'&':
                    at++;
                    return ValueStatus.Reference;
                case (byte)'<':
                    return RefuseValue(Violations.LessThanInValue);
                case (byte)'\t' or (byte)'\n' or (byte)'\r':
                    at++;
                    canonical = true;
                    attributes.Last.NeedsDecoding = true;
                    break;
                default:
                    switch (value < 0x20 ? RunStatus.Invalid : CharacterRuns.SkipUnicodeValue(window, ref at, quote))
                    {
                        case RunStatus.NeedMore:
                            return WaitForValue(window.Length);
                        case RunStatus.Invalid:
                            return RefuseValue(Violations.InvalidCharacter);
                    }

                    break;
            }
        }
    }

    private ValueStatus WaitForValue(int seen)
        => seen - valueStart > valueLimit ? RefuseValue(Violations.AttributeValueBytes) : ValueStatus.NeedMore;

    private ValueStatus RefuseValue(FramingViolation violation)
    {
        Violation = violation;
        return ValueStatus.Invalid;
    }

    // The common case: </name> is all there. The position behind it, the element closed; or -1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int CloseAtOnce(ReadOnlySpan<byte> data, int at)
    {
        if (open.Count == 0)
        {
            return -1;
        }

        ref var element = ref open.Last;
        var end = at + element.NameLength;
        if (end >= data.Length || data[end] != (byte)'>' || !CharacterRuns.Repeats(data, at, element.NameStart, element.NameLength))
        {
            return -1;
        }

        CloseElement();
        return end + 1;
    }

    /// <summary>The name of an end tag must repeat its start tag's as written (XML 1.0 section 3, WFC: Element Type Match).</summary>
    private RunStatus ScanEndName(ReadOnlySpan<byte> data, ref int at)
    {
        if (Root is null)
        {
            return Refuse(Violations.EndTagWithoutStart);
        }

        var expected = open.Count == 0 ? Root.Name : data.Slice(open.Last.NameStart, open.Last.NameLength);
        var matched = at - tokenStart;
        var length = Math.Min(expected.Length - matched, data.Length - at);
        if (!data.Slice(at, length).SequenceEqual(expected.Slice(matched, length)))
        {
            return Refuse(Violations.EndTag);
        }

        at += length;
        return matched + length == expected.Length ? RunStatus.Done : RunStatus.NeedMore;
    }

    /// <summary>Behind <c>&lt;!</c>: done when it opens a CDATA section inside an element.</summary>
    private RunStatus ScanMarkupDeclaration(ReadOnlySpan<byte> data, ref int at)
    {
        var cdata = "[CDATA["u8;
        for (; at < data.Length; at++)
        {
            var index = at - tokenStart;
            var value = data[at];
            if (data[tokenStart] == (byte)'-')
            {
                if (index == 1)
                {
                    return Refuse(value == (byte)'-' ? Violations.Comment : Violations.Markup);
                }
            }
            else if (index == 0 && char.IsAsciiLetterUpper((char)value))
            {
                return Refuse(Violations.DocumentType);
            }
            else if (value != cdata[index])
            {
                return Refuse(index == 0 ? Violations.Markup : Violations.CdataSection);
            }
            else if (open.Count == 0)
            {
                return Refuse(Violations.CdataSection);
            }
            else if (index == cdata.Length - 1)
            {
                at++;
                return RunStatus.Done;
            }
        }

        return RunStatus.NeedMore;
    }

    /// <summary>The content of a CDATA section from <see cref="tokenStart"/> up to and including <c>]]&gt;</c>.</summary>
    private RunStatus ScanCdata(ReadOnlySpan<byte> data, ref int at)
    {
        while (true)
        {
            switch (CharacterRuns.SkipCdata(data, ref at))
            {
                case RunStatus.NeedMore:
                    return RunStatus.NeedMore;
                case RunStatus.Invalid:
                    return Refuse(Violations.InvalidCharacter);
            }

            var value = data[at++];
            if (value == (byte)'>')
            {
                if (at - tokenStart >= 3 && data[at - 2] == (byte)']' && data[at - 3] == (byte)']')
                {
                    return RunStatus.Done;
                }
            }
            else if (!CharacterRuns.IsSpace(value))
            {
                return Refuse(Violations.InvalidCharacter);
            }
        }
    }

    /// <summary>Behind <c>&lt;?</c>: always refused, but an XML declaration that is not at the start is a syntax error (XML 1.0 section 2.8).</summary>
    private ScanResult ScanProcessingInstruction(ReadOnlySpan<byte> data, int at)
    {
        for (; at < data.Length; at++)
        {
            var index = at - tokenStart;
            var value = data[at];
            if (index == 0 && (CharacterRuns.Class(value) & (CharacterRuns.NameStart | CharacterRuns.High)) == 0)
            {
                return Fail(Violations.Markup);
            }

            if (index == 3)
            {
                var longer = value == (byte)':' || (CharacterRuns.Class(value) & (CharacterRuns.NamePart | CharacterRuns.High)) != 0;
                return Fail(longer ? Violations.ProcessingInstruction : Violations.MisplacedDeclaration);
            }

            if ((value | 0x20) != "xml"u8[index])
            {
                return Fail(Violations.ProcessingInstruction);
            }
        }

        return Wait(ScanState.ProcessingInstruction, at);
    }

    /// <summary>The digits of a character reference up to and including <c>;</c> (XML 1.0 section 4.1, WFC: Legal Character).</summary>
    private RunStatus ScanNumber(ReadOnlySpan<byte> data, ref int at)
    {
        for (; at < data.Length; at++)
        {
            var value = data[at];
            if (value == (byte)';')
            {
                var hasDigits = data[at - 1] is not ((byte)'#' or (byte)'x');
                at++;
                return hasDigits && CharacterRuns.IsCharacter(number) ? RunStatus.Done : RunStatus.Invalid;
            }

            if (numberBase == 16 ? !char.IsAsciiHexDigit((char)value) : !char.IsAsciiDigit((char)value))
            {
                return RunStatus.Invalid;
            }

            // 0x10FFFF * 16 + 15 fits: the sum is checked before it can wrap.
            number = (number * numberBase) + (uint)(value <= (byte)'9' ? value - '0' : (value | 0x20) - 'a' + 10);
            if (number > 0x10FFFF)
            {
                return RunStatus.Invalid;
            }
        }

        return RunStatus.NeedMore;
    }

    /// <summary>An entity's name up to and including <c>;</c>: only the five predefined are known (RFC 6120 section 11.1).</summary>
    private RunStatus ScanEntity(ReadOnlySpan<byte> data, ref int at)
    {
        var status = ScanName(data, ref at);
        if (status != RunStatus.Done)
        {
            return status;
        }

        if (data[at] != (byte)';')
        {
            return Refuse(Violations.Reference);
        }

        return CharacterData.Predefined(data[tokenStart..at++]) != 0 ? RunStatus.Done : Refuse(Violations.UnknownEntity);
    }
}
