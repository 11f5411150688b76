using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Framing;

/// <summary>What <see cref="StreamFramer.Read"/> found.</summary>
public enum FrameStatus
{
    /// <summary>More bytes are needed. Keep everything from <c>consumed</c> on and call again with more behind it.</summary>
    Incomplete,

    /// <summary>The stream header is complete: <see cref="StreamFramer.Header"/>.</summary>
    Header,

    /// <summary>One top-level element is complete: the <c>frame</c>.</summary>
    Element,

    /// <summary>The stream's end tag. Nothing after it is read.</summary>
    End,

    /// <summary>The bytes break a rule: <see cref="StreamFramer.Violation"/>. Nothing after it is read.</summary>
    Violation,
}

/// <summary>Why the framer refused: the stream error to send, and what exactly for our log (never peer bytes).</summary>
/// <param name="Condition">The stream error of RFC 6120 section 4.9.3.</param>
/// <param name="Detail">What was wrong, in a few words of ours.</param>
/// <param name="StanzaTooBig">True when <c>stanza-too-big</c> (<c>urn:xmpp:errors</c>) goes along.</param>
public sealed record FramingViolation(StreamErrorCondition Condition, string Detail, bool StanzaTooBig = false);

/// <summary>
/// Cuts the bytes of one stream into its header and complete top-level elements, validating everything that an honest XML parser behind it
/// would. Incremental: each byte is looked at once however it is chunked. One framer serves one stream: every restart takes a new one.
/// </summary>
public sealed class StreamFramer
{
    private readonly ElementScanner scanner;
    private Stage stage;
    private int declarationSeen;
    private int whitespace;
    private bool frameIsOut;

    /// <summary>A framer that waits for a stream header.</summary>
    public StreamFramer(FramerLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        scanner = new ElementScanner(limits, root: null);
    }

    private StreamFramer(FramerLimits limits, RootScope root)
    {
        scanner = new ElementScanner(limits, root);
        stage = Stage.BetweenElements;
    }

    private enum Stage : byte
    {
        // Nothing read: an XML declaration may stand here and nowhere else.
        Start,
        Declaration,
        BeforeHeader,
        Header,
        BetweenElements,
        Element,
        EmptyRoot,
        Ended,
        Refused,
    }

    /// <summary>The limits in force; raised once the peer is authenticated.</summary>
    public FramerLimits Limits
    {
        get => scanner.Limits;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            scanner.Limits = value;
        }
    }

    /// <summary>The header, once read; never one in a framer made by <see cref="Inside"/>.</summary>
    public StreamHeader? Header { get; private set; }

    /// <summary>The refusal, once <see cref="FrameStatus.Violation"/> was returned.</summary>
    public FramingViolation? Violation { get; private set; }

    /// <summary>True while a header or top-level element has begun and is not complete (white space alone is not a beginning).</summary>
    public bool InsideElement { get; private set; }

    /// <summary>
    /// A framer that stands behind a header of our own with that content namespace: reads what <see cref="StanzaFrame.WriteTo"/> wrote.
    /// </summary>
    public static StreamFramer Inside(ContentNamespace content, FramerLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return new StreamFramer(limits, RootScope.Of(content));
    }

    /// <summary>Behind the header: binds the prefix <c>db</c> to the namespace of dialback, unless the header has bound it.</summary>
    public void AssumeDialbackPrefix()
    {
        if (scanner.Root is { } root)
        {
            scanner.Root = root.WithDefault("db"u8, "jabber:server:dialback"u8);
        }
    }

    /// <summary>
    /// Reads the next header, element or end from <paramref name="data"/>, whose first byte is the first not yet consumed one.
    /// On <see cref="FrameStatus.Incomplete"/> the next call's data begins at <paramref name="consumed"/> and has at least as many bytes.
    /// The frame's spans point into <paramref name="data"/> (or scratch memory of the framer) and hold until the next call.
    /// </summary>
    public FrameStatus Read(ReadOnlySpan<byte> data, out int consumed, out StanzaFrame frame)
    {
        consumed = 0;
        frame = default;
        if (frameIsOut)
        {
            frameIsOut = false;
            scanner.Release();
        }

        if (stage == Stage.BetweenElements && !data.IsEmpty && data[0] == (byte)'<')
        {
            BeginElement(Stage.Element);
        }
        else if (stage is not (Stage.Element or Stage.Header) && !TryBeginElement(data, ref consumed, out var status))
        {
            return status;
        }

        // One byte more than the limit proves that the element is too big.
        var element = data[consumed..];
        var window = element.Length > Limits.ElementBytes ? element[..Limits.ElementBytes] : element;
        switch (scanner.Scan(window))
        {
            case ScanResult.Element:
                frame = new StanzaFrame(scanner, element[..scanner.Position]);
                frameIsOut = true;
                return Complete(FrameStatus.Element, Stage.BetweenElements, ref consumed);
            case ScanResult.Header:
                Enter(element[..scanner.Position], out var next);
                return Complete(FrameStatus.Header, next, ref consumed);
            case ScanResult.End:
                return Complete(FrameStatus.End, Stage.Ended, ref consumed);
            case ScanResult.NeedMore:
                return element.Length > window.Length ? Refuse(Violations.ElementBytes) : FrameStatus.Incomplete;
            default:
                return Refuse(scanner.Violation!);
        }
    }

    private FrameStatus Complete(FrameStatus status, Stage next, ref int consumed)
    {
        consumed += scanner.Position;
        stage = next;
        InsideElement = false;
        whitespace = 0;
        return status;
    }

    private void Enter(ReadOnlySpan<byte> header, out Stage next)
    {
        var scope = scanner.ToScope(header);
        Header = scanner.ToHeader(header, scope);
        scanner.Root = scope;
        scanner.Release();
        next = header[^2] == (byte)'/' ? Stage.EmptyRoot : Stage.BetweenElements;
    }

    private FrameStatus Refuse(FramingViolation violation)
    {
        Violation = violation;
        stage = Stage.Refused;
        InsideElement = false;
        scanner.Release();
        return FrameStatus.Violation;
    }

    // Moves over what may stand before an element; true when its '<' is there.
    private bool TryBeginElement(ReadOnlySpan<byte> data, ref int consumed, out FrameStatus status)
    {
        switch (stage)
        {
            case Stage.Refused:
                status = FrameStatus.Violation;
                return false;
            case Stage.EmptyRoot or Stage.Ended:
                stage = Stage.Ended;
                status = FrameStatus.End;
                return false;
            case Stage.Start or Stage.Declaration when !TryPassDeclaration(data, ref consumed, out status):
                return false;
        }

        if (!TrySkipWhitespace(data, ref consumed, out status))
        {
            return false;
        }

        if (data[consumed] != (byte)'<')
        {
            status = stage == Stage.BetweenElements ? JudgeText(data[consumed..]) : Refuse(Violations.TextBeforeHeader);
            return false;
        }

        BeginElement(stage == Stage.BetweenElements ? Stage.Element : Stage.Header);
        return true;
    }

    private void BeginElement(Stage begun)
    {
        scanner.Begin();
        InsideElement = true;
        stage = begun;
    }

    // True when no declaration stands here, or behind it.
    private bool TryPassDeclaration(ReadOnlySpan<byte> data, ref int consumed, out FrameStatus status)
    {
        status = FrameStatus.Incomplete;
        if (stage == Stage.Start)
        {
            var compared = Math.Min(data.Length, XmlDeclaration.Opening.Length);
            if (!data[..compared].SequenceEqual(XmlDeclaration.Opening[..compared]))
            {
                stage = Stage.BeforeHeader;
                return true;
            }

            InsideElement = !data.IsEmpty;
            if (data.Length <= XmlDeclaration.Opening.Length)
            {
                return false;
            }

            if (!CharacterRuns.IsSpace(data[XmlDeclaration.Opening.Length]))
            {
                stage = Stage.BeforeHeader;
                return true;
            }

            stage = Stage.Declaration;
            declarationSeen = XmlDeclaration.Opening.Length;
        }

        switch (XmlDeclaration.Scan(data, ref declarationSeen, out var violation))
        {
            case RunStatus.NeedMore:
                return false;
            case RunStatus.Invalid:
                status = Refuse(violation!);
                return false;
        }

        consumed = declarationSeen;
        InsideElement = false;
        stage = Stage.BeforeHeader;
        return true;
    }

    private bool TrySkipWhitespace(ReadOnlySpan<byte> data, ref int consumed, out FrameStatus status)
    {
        while (consumed < data.Length && CharacterRuns.IsSpace(data[consumed]))
        {
            consumed++;
            if (++whitespace > Limits.WhitespaceBytes)
            {
                status = Refuse(Violations.WhitespaceBytes);
                return false;
            }
        }

        status = FrameStatus.Incomplete;
        return consumed < data.Length;
    }

    // Text between elements is bad-format, unless it is not even text.
    private FrameStatus JudgeText(ReadOnlySpan<byte> text)
    {
        var at = 0;
        var status = (sbyte)text[0] >= 0x20 ? RunStatus.Done
            : text[0] < 0x20 ? RunStatus.Invalid
            : CharacterRuns.SkipUnicodeCharacter(text, ref at);
        return status switch
        {
            RunStatus.Done => Refuse(Violations.TextBetweenElements),
            RunStatus.NeedMore => FrameStatus.Incomplete,
            _ => Refuse(Violations.InvalidCharacter),
        };
    }
}
