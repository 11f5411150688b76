using System.Numerics;
using System.Runtime.CompilerServices;

namespace EdgePool.Xmpp.Framing;

/// <summary>
/// Walks every element below a stanza's top, in document order, with its namespace resolved: the same element reads the same however it was written
/// (prefix or default, declared here or further out, references in the namespace name). Spans hold until the next call on this reader.
/// Allocates nothing; values with references are decoded into pooled memory of the stream. One reader of a frame at a time.
/// </summary>
/// <remarks>The scanner has validated the element, so this pass checks nothing and looks at names and quotes only.</remarks>
public ref struct PayloadReader
{
    /// <summary>The length of a namespace name that is not there.</summary>
    internal const int NotDeclared = -1;

    private readonly ElementScanner scanner;
    private readonly ReadOnlySpan<byte> element;
    private PrefixBinding inForce;
    private int open;
    private int at;
    private int tagStart;
    private bool isEmpty;

    // Some element that is open, or the stanza, has a scope of its own.
    private bool scoped;

    internal PayloadReader(ElementScanner scanner, ReadOnlySpan<byte> element)
    {
        this.scanner = scanner;
        this.element = element;
        at = scanner.OpenPayloads(element);
        inForce = scanner.Payloads.Default;
        scoped = scanner.Payloads.Depth >= 0;
        open = 1;
        Child = -1;
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
        if (isEmpty)
        {
            isEmpty = false;
            Leave();
        }

        var data = element;
        while (at < data.Length)
        {
            if (data[at] != (byte)'<')
            {
                at += data[at..].IndexOf((byte)'<');
            }

            switch (data[at + 1])
            {
                case (byte)'/':
                    at += data[at..].IndexOf((byte)'>') + 1;
                    Leave();
                    break;
                case (byte)'!':
                    at += data[at..].IndexOf("]]>"u8) + 3;
                    break;
                default:
                    Enter(data);
                    return true;
            }
        }

        return false;
    }

    /// <summary>The decoded value of an attribute of the current element that has no prefix; false when it is not there.</summary>
    public readonly bool TryGetAttribute(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var tag = new ValidatedReader(element[tagStart..at]);
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

    private void Leave()
    {
        open--;
        if (scoped)
        {
            CloseScope();
        }
    }

    private void CloseScope()
    {
        ref var scopes = ref scanner.Payloads;
        if (scopes.Depth == open && open > 0)
        {
            scopes.Close();
            inForce = scopes.Default;
            scoped = scopes.Depth >= 0;
        }
    }

    private void Enter(ReadOnlySpan<byte> data)
    {
        tagStart = at;
        Depth = open;
        Child += open == 1 ? 1 : 0;
        var start = at + 1;
        var next = start + CharacterRuns.ShortNameLength(data, start);
        var colon = 0;
        for (; !EndsName(data[next]); next++)
        {
            if (data[next] == (byte)':')
            {
                colon = next + 1 - start;
            }
        }

        var name = data[start..next];
        var own = new PrefixBinding { NamespaceLength = NotDeclared };
        at = PassAttributes(data, next, ref own);
        if (own.NamespaceLength != NotDeclared && !isEmpty)
        {
            Declare(in own);
        }

        open++;
        LocalName = name[colon..];
        Namespace = colon != 0 ? scanner.Payloads.Resolve(data, name[..(colon - 1)], scanner.Root!)
            : own.NamespaceLength != NotDeclared ? scanner.Payloads.NamespaceName(data, in own)
            : inForce.NamespaceLength == NotDeclared ? scanner.Root!.DefaultNamespace
            : scanner.Payloads.NamespaceName(data, in inForce);
    }

    // From the tag's name to behind its '>'; the default namespace that it declares goes into own, prefixes into its scope.
    private int PassAttributes(ReadOnlySpan<byte> data, int next, ref PrefixBinding own)
    {
        while (true)
        {
            switch (data[next])
            {
                case (byte)'>':
                    return next + 1;
                case (byte)'/':
                    isEmpty = true;
                    return next + 2;
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    next++;
                    continue;
            }

            var name = next;
            var (value, end) = Value(data, next);
            next = end + 1;
            if (data[name] != (byte)'x' || !data.Slice(name, 5).SequenceEqual("xmlns"u8))
            {
                continue;
            }

            if (data[name + 5] == (byte)':')
            {
                Declare(scanner.Payloads.Read(data, name, value, end));
            }
            else if (EndsName(data[name + 5]))
            {
                own = scanner.Payloads.Read(data, name, value, end);
            }
        }
    }

    private void Declare(in PrefixBinding declared)
    {
        ref var scopes = ref scanner.Payloads;
        if (scopes.Depth != open)
        {
            scopes.Open(open, in inForce);
        }

        scopes.Declare(in declared);
        inForce = scopes.Default;
        scoped = true;
    }

    // Where the value of the attribute begins whose name is there, and where its closing quote is.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int Start, int End) Value(ReadOnlySpan<byte> data, int name)
    {
        var quotes = data.Length - name > CharacterRuns.AttributeBytes ? CharacterRuns.AttributeMarks(data, name).Quotes : 0;
        var closing = quotes & (quotes - 1);
        var start = quotes != 0 ? name + BitOperations.TrailingZeroCount(quotes) + 1 : name + data[name..].IndexOfAny((byte)'\'', (byte)'"') + 1;
        var quote = data[start - 1];
        if (closing != 0 && data[name + BitOperations.TrailingZeroCount(closing)] == quote)
        {
            return (start, name + BitOperations.TrailingZeroCount(closing));
        }

        return (start, start + data[start..].IndexOf(quote));
    }

    private static bool EndsName(byte value) => value is (byte)'>' or (byte)'/' or (byte)'=' || CharacterRuns.IsSpace(value);
}
