namespace EdgePool.Xmpp.Framing;

/// <summary>
/// Walks every element below a stanza's top, in document order, with its namespace resolved: the same element reads the same however it was written
/// (prefix or default, declared here or further out, references in the namespace name). Spans hold until the next call on this reader.
/// Allocates nothing; values with references are decoded into pooled memory of the stream. One reader of a frame at a time.
/// </summary>
public ref struct PayloadReader
{
    private readonly ElementScanner scanner;
    private readonly ReadOnlySpan<byte> element;
    private ValidatedReader tokens;
    private int tagStart;
    private int tagLength;
    private bool leaving;

    internal PayloadReader(ElementScanner scanner, ReadOnlySpan<byte> element)
    {
        this.scanner = scanner;
        this.element = element;
        tokens = new ValidatedReader(element[scanner.EndOfTopTag(element)..]);
        Child = -1;
        scanner.OpenPayloads(element);
    }

    /// <summary>How deep the element is: 1 is a child of the stanza.</summary>
    public int Depth { get; private set; }

    /// <summary>In which child of the stanza the element is, or which it is itself: counted from 0, as in <see cref="PayloadMask"/>.</summary>
    public int Child { get; private set; }

    /// <summary>The namespace name, decoded; empty for none. A stanza's own children (<c>body</c>, <c>show</c>) are in the stream's content namespace.</summary>
    public ReadOnlySpan<byte> Namespace { get; private set; }

    /// <summary>The name without its prefix.</summary>
    public ReadOnlySpan<byte> LocalName { get; private set; }

    /// <summary>Moves to the next element; false behind the last.</summary>
    public bool MoveNext()
    {
        if (leaving)
        {
            scanner.Payloads.Close();
            leaving = false;
        }

        while (tokens.Read())
        {
            if (tokens.Token == XmlToken.StartTag)
            {
                Enter();
                return true;
            }

            if (tokens.Token == XmlToken.EndTag)
            {
                scanner.Payloads.Close();
            }
        }

        return false;
    }

    /// <summary>The decoded value of an attribute of the current element that has no prefix; false when it is not there.</summary>
    public readonly bool TryGetAttribute(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var tag = new ValidatedReader(element.Slice(tagStart, tagLength));
        tag.Read();
        while (tag.ReadAttribute())
        {
            if (tag.Name.SequenceEqual(name))
            {
                value = CharacterData.NeedsDecoding(tag.Value) ? scanner.Payloads.Decode(tag.Value) : tag.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    private void Enter()
    {
        ref var scopes = ref scanner.Payloads;
        Depth = scopes.Depth;
        Child += Depth == 1 ? 1 : 0;
        var name = tokens.Name;
        tagStart = element.Length - tokens.Remaining - name.Length - 1;
        scopes.Open();
        while (tokens.ReadAttribute())
        {
            if (tokens.Name.StartsWith("xmlns"u8) && (tokens.Name.Length == 5 || tokens.Name[5] == (byte)':'))
            {
                scopes.Declare(element, Declaration());
            }
        }

        tagLength = element.Length - tokens.Remaining - tagStart;
        leaving = tokens.IsEmpty;
        var colon = name.IndexOf((byte)':');
        LocalName = name[(colon + 1)..];
        Namespace = colon < 0 ? scopes.Default(element, scanner.Root!) : scopes.Resolve(element, name[..colon], scanner.Root!);
    }

    // Where the attribute just read stands in the stanza.
    private readonly ScannedAttribute Declaration()
    {
        element.Overlaps(tokens.Name, out var nameStart);
        element.Overlaps(tokens.Value, out var valueStart);
        return new ScannedAttribute
        {
            NameStart = nameStart,
            NameLength = tokens.Name.Length,
            PrefixLength = tokens.Name.Length == 5 ? 0 : 5,
            ValueStart = valueStart,
            ValueEnd = valueStart + tokens.Value.Length,
        };
    }
}
