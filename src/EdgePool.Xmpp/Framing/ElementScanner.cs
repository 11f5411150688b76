using System.Runtime.CompilerServices;

namespace EdgePool.Xmpp.Framing;

/// <summary>What <see cref="ElementScanner.Scan"/> found.</summary>
internal enum ScanResult
{
    NeedMore,
    Header,
    Element,
    End,
    Violation,
}

/// <summary>Between which two bytes the scanner waits; the grammar of XML 1.0 as far as XMPP allows it (RFC 6120 section 11.1).</summary>
internal enum ScanState : byte
{
    TagOpen,
    StartName,
    InsideTag,
    AttributeName,
    BeforeEquals,
    BeforeValue,
    Value,
    EmptySlash,
    Text,
    EndName,
    EndSpace,
    MarkupDeclaration,
    Cdata,
    ProcessingInstruction,
    Reference,
    NumberStart,
    Number,
    EntityName,
}

/// <summary>
/// The resumable automaton under <see cref="StreamFramer"/>. It reads one top-level element (or the stream header, or the stream's end tag)
/// from its first <c>&lt;</c> and validates all that a namespace-aware XML parser would.
/// <para>
/// Each state stands between two tokens or inside one. When the data ends, the state and the position are kept and the next call goes on
/// at that byte, so the work per byte does not depend on how the bytes were cut; only the up to three bytes of an unfinished UTF-8 sequence are
/// looked at again. All positions count from the first byte of the element: the caller may move the bytes between calls.
/// </para>
/// <para>
/// Whether a byte is refused, and why, depends only on the bytes before it: limits are decided where the byte that exceeds them stands, even if
/// more data is already there. That is what makes the verdict the same for every cut.
/// </para>
/// <para>
/// Not done here: the meaning of namespaces of unprefixed elements below the top, which needs no check to be well-formed; the canonical way out
/// resolves those in a second pass.
/// </para>
/// </summary>
internal sealed partial class ElementScanner
{
    private ScanState state;
    private bool referenceInValue;
    private byte quote;
    private byte numberBase;
    private bool canonical;
    private bool foreign;
    private int position;
    private int tokenStart;
    private int colon;
    private int valueStart;
    private int valueLimit;
    private uint number;
    private int tagStart;
    private int tagLength;
    private int tagColon;
    private int elements;
    private ReusedList<OpenElement> open;
    private ReusedList<PrefixBinding> bindings;
    private ReusedList<ScannedAttribute> attributes;
    private ScratchMemory scratch;
    private PayloadScopes payloads;

    internal ElementScanner(FramerLimits limits, RootScope? root)
    {
        Limits = limits;
        Root = root;
    }

    internal FramerLimits Limits { get; set; }

    /// <summary>The scope of the stream header; null until it was read.</summary>
    internal RootScope? Root { get; set; }

    /// <summary>Why <see cref="ScanResult.Violation"/>.</summary>
    internal FramingViolation? Violation { get; private set; }

    /// <summary>The bytes of the element looked at so far; its length once complete.</summary>
    internal int Position => position;

    /// <summary>Begins an element, the last one released. Its first byte, a <c>&lt;</c>, has been seen.</summary>
    internal void Begin()
    {
        state = ScanState.TagOpen;
        position = 1;
        canonical = false;
        elements = 0;
    }

    /// <summary>Gives pooled memory back: the last element's frame is no longer read.</summary>
    internal void Release()
    {
        open.Reset();
        bindings.Reset();
        attributes.Reset();
        scratch.Release();
        if (payloads.InUse)
        {
            payloads.Reset();
        }

        top = default;
    }

    /// <summary>Goes on in <paramref name="data"/>, which begins with the element's first byte.</summary>
    internal ScanResult Scan(ReadOnlySpan<byte> data)
    {
        // A local, and lent to nobody: the tokens move the field.
        var at = position;
        RunStatus run;
        switch (state)
        {
            case ScanState.Text:
                goto Text;
            case ScanState.TagOpen:
                goto TagOpen;
            case ScanState.StartName:
                goto StartName;
            case ScanState.InsideTag:
                goto InsideTag;
            case ScanState.AttributeName:
                goto AttributeName;
            case ScanState.BeforeEquals:
                goto BeforeEquals;
            case ScanState.BeforeValue:
                goto BeforeValue;
            case ScanState.Value:
                goto Value;
            case ScanState.EmptySlash:
                goto EmptySlash;
            case ScanState.EndName:
                goto EndName;
            case ScanState.EndSpace:
                goto EndSpace;
            case ScanState.MarkupDeclaration:
                goto MarkupDeclaration;
            case ScanState.Cdata:
                goto Cdata;
            case ScanState.ProcessingInstruction:
                goto ProcessingInstruction;
            case ScanState.Reference:
                goto Reference;
            case ScanState.NumberStart:
                goto NumberStart;
            case ScanState.Number:
                goto Number;
            case ScanState.EntityName:
                goto EntityName;
            default:
                throw new InvalidOperationException($"no scan state {state}");
        }

    BehindTag:
        // Tag upon tag: no text to look for.
        if (at < data.Length && data[at] == (byte)'<')
        {
            at++;
            goto TagOpen;
        }

    Text:
        at = CharacterRuns.SkipText(data, at);
        if (at >= data.Length)
        {
            return Wait(ScanState.Text, at);
        }

        switch (data[at])
        {
            case (byte)'<':
                at++;
                goto TagOpen;
            case (byte)'&':
                at++;
                referenceInValue = false;
                goto Reference;
            case (byte)'\n' or (byte)'\t':
                at++;
                goto Text;
            case (byte)'\r':
                at++;
                canonical = true;
                goto Text;
            case (byte)'>':
                // Two brackets directly before can only be text: what ends a tag or a CDATA section ends with '>'.
                if (data[at - 1] == (byte)']' && data[at - 2] == (byte)']')
                {
                    return Fail(Violations.CdataEndInText);
                }

                at++;
                goto Text;
        }

        position = at;
        run = data[at] < 0x20 ? RunStatus.Invalid : CharacterRuns.SkipUnicodeText(data, ref position);
        at = position;
        switch (run)
        {
            case RunStatus.Done:
                goto Text;
            case RunStatus.NeedMore:
                return Wait(ScanState.Text, at);
            default:
                return Fail(Violations.InvalidCharacter);
        }

    TagOpen:
        if (at >= data.Length)
        {
            return Wait(ScanState.TagOpen, at);
        }

        tokenStart = at;
        if ((CharacterRuns.Class(data[at]) & (CharacterRuns.NameStart | CharacterRuns.High)) != 0)
        {
            if (BeginElement() is { } exceeded)
            {
                return Fail(exceeded);
            }

            var tagEnd = TagAtOnce(data, at);
            if (tagEnd >= 0)
            {
                at = tagEnd;
                goto TagEnd;
            }

            goto StartName;
        }

        switch (data[at])
        {
            case (byte)'/':
                tokenStart = ++at;
                var closed = CloseAtOnce(data, at);
                if (closed >= 0)
                {
                    at = closed;
                    if (open.Count == 0)
                    {
                        return Complete(ScanResult.Element, at);
                    }

                    goto BehindTag;
                }

                goto EndName;
            case (byte)'!':
                tokenStart = ++at;
                goto MarkupDeclaration;
            case (byte)'?':
                tokenStart = ++at;
                goto ProcessingInstruction;
            default:
                return Fail(Violations.Markup);
        }

    StartName:
        position = at;
        run = ScanName(data, ref position);
        at = position;
        switch (run)
        {
            case RunStatus.NeedMore:
                return Wait(ScanState.StartName, at);
            case RunStatus.Invalid:
                return ScanResult.Violation;
        }

        tagStart = tokenStart;
        tagLength = at - tokenStart;
        tagColon = colon;
        goto InsideTag;

    InsideTag:
        while (at < data.Length && CharacterRuns.IsSpace(data[at]))
        {
            at++;
        }

        if (at >= data.Length)
        {
            return Wait(ScanState.InsideTag, at);
        }

        if ((CharacterRuns.Class(data[at]) & (CharacterRuns.NameStart | CharacterRuns.High)) != 0)
        {
            if (BeginAttribute(data, at) is { } refused)
            {
                return Fail(refused);
            }

            goto AttributeName;
        }

    TagEnd:
        switch (data[at])
        {
            case (byte)'>':
                at++;
                if (CompleteStartTag(data, empty: false) is { } fault)
                {
                    return Fail(fault);
                }

                if (Root is null)
                {
                    return Complete(ScanResult.Header, at);
                }

                goto BehindTag;
            case (byte)'/':
                at++;
                goto EmptySlash;
            default:
                return Fail(Violations.Tag);
        }

    AttributeName:
        position = at;
        run = ScanName(data, ref position);
        at = position;
        switch (run)
        {
            case RunStatus.NeedMore:
                return Wait(ScanState.AttributeName, at);
            case RunStatus.Invalid:
                return ScanResult.Violation;
        }

        if (CompleteAttributeName(data, at) is { } duplicate)
        {
            return Fail(duplicate);
        }

        goto BeforeEquals;

    BeforeEquals:
        while (at < data.Length && CharacterRuns.IsSpace(data[at]))
        {
            at++;
        }

        if (at >= data.Length)
        {
            return Wait(ScanState.BeforeEquals, at);
        }

        if (data[at] != (byte)'=')
        {
            return Fail(Violations.AttributeSyntax);
        }

        at++;
        goto BeforeValue;

    BeforeValue:
        while (at < data.Length && CharacterRuns.IsSpace(data[at]))
        {
            at++;
        }

        if (at >= data.Length)
        {
            return Wait(ScanState.BeforeValue, at);
        }

        quote = data[at];
        if (quote is not ((byte)'\'' or (byte)'"'))
        {
            return Fail(Violations.AttributeSyntax);
        }

        valueStart = ++at;
        goto Value;

    Value:
        position = at;
        var value = ScanValue(data, ref position);
        at = position;
        switch (value)
        {
            case ValueStatus.Complete:
                goto InsideTag;
            case ValueStatus.Reference:
                referenceInValue = true;
                goto Reference;
            case ValueStatus.NeedMore:
                return Wait(ScanState.Value, at);
            default:
                return ScanResult.Violation;
        }

    EmptySlash:
        if (at >= data.Length)
        {
            return Wait(ScanState.EmptySlash, at);
        }

        if (data[at] != (byte)'>')
        {
            return Fail(Violations.Tag);
        }

        at++;
        if (CompleteStartTag(data, empty: true) is { } emptyFault)
        {
            return Fail(emptyFault);
        }

        if (open.Count == 0)
        {
            return Complete(Root is null ? ScanResult.Header : ScanResult.Element, at);
        }

        goto BehindTag;

    EndName:
        position = at;
        run = ScanEndName(data, ref position);
        at = position;
        switch (run)
        {
            case RunStatus.NeedMore:
                return Wait(ScanState.EndName, at);
            case RunStatus.Invalid:
                return ScanResult.Violation;
        }

        goto EndSpace;

    EndSpace:
        while (at < data.Length && CharacterRuns.IsSpace(data[at]))
        {
            at++;
        }

        if (at >= data.Length)
        {
            return Wait(ScanState.EndSpace, at);
        }

        if (data[at] != (byte)'>')
        {
            return Fail(Violations.EndTag);
        }

        at++;
        if (open.Count == 0)
        {
            return Complete(ScanResult.End, at);
        }

        CloseElement();
        if (open.Count == 0)
        {
            return Complete(ScanResult.Element, at);
        }

        goto Text;

    MarkupDeclaration:
        position = at;
        run = ScanMarkupDeclaration(data, ref position);
        at = position;
        switch (run)
        {
            case RunStatus.NeedMore:
                return Wait(ScanState.MarkupDeclaration, at);
            case RunStatus.Invalid:
                return ScanResult.Violation;
        }

        canonical = true;
        tokenStart = at;
        goto Cdata;

    Cdata:
        position = at;
        run = ScanCdata(data, ref position);
        at = position;
        switch (run)
        {
            case RunStatus.NeedMore:
                return Wait(ScanState.Cdata, at);
            case RunStatus.Invalid:
                return ScanResult.Violation;
        }

        goto Text;

    ProcessingInstruction:
        return ScanProcessingInstruction(data, at);

    Reference:
        if (at >= data.Length)
        {
            return Wait(ScanState.Reference, at);
        }

        tokenStart = at;
        colon = 0;
        if (data[at] == (byte)'#')
        {
            at++;
            goto NumberStart;
        }

        if ((CharacterRuns.Class(data[at]) & (CharacterRuns.NameStart | CharacterRuns.High)) == 0)
        {
            return Fail(Violations.Reference);
        }

        goto EntityName;

    NumberStart:
        if (at >= data.Length)
        {
            return Wait(ScanState.NumberStart, at);
        }

        number = 0;
        numberBase = 10;
        if (data[at] == (byte)'x')
        {
            numberBase = 16;
            at++;
        }

        goto Number;

    Number:
        position = at;
        run = ScanNumber(data, ref position);
        at = position;
        switch (run)
        {
            case RunStatus.NeedMore:
                return Wait(ScanState.Number, at);
            case RunStatus.Invalid:
                return Fail(Violations.Reference);
        }

        canonical = true;
        goto ReferenceComplete;

    EntityName:
        position = at;
        run = ScanEntity(data, ref position);
        at = position;
        switch (run)
        {
            case RunStatus.NeedMore:
                return Wait(ScanState.EntityName, at);
            case RunStatus.Invalid:
                return ScanResult.Violation;
        }

    ReferenceComplete:
        if (referenceInValue)
        {
            attributes.Last.NeedsDecoding = true;
            goto Value;
        }

        goto Text;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ScanResult Wait(ScanState at, int next)
    {
        state = at;
        position = next;
        return ScanResult.NeedMore;
    }

    private ScanResult Complete(ScanResult result, int end)
    {
        position = end;
        return result;
    }

    private ScanResult Fail(FramingViolation violation)
    {
        Violation = violation;
        return ScanResult.Violation;
    }

    private RunStatus Refuse(FramingViolation violation)
    {
        Violation = violation;
        return RunStatus.Invalid;
    }
}
