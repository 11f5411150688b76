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
    private readonly ElementScanner scanner;
    private readonly ReadOnlySpan<byte> element;
    private PrefixBinding inForce;
    private int open;
    private int at;
    private int tagStart;
    private bool isEmpty;

    internal PayloadReader(ElementScanner scanner, ReadOnlySpan<byte> element)
    {
        this.scanner = scanner;
        this.element = element;
        at = scanner.OpenPayloads(element);
        inForce = scanner.Payloads.Default;
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
        ref var scopes = ref scanner.Payloads;
        if (scopes.Depth == open && open > 0)
        {
            scopes.Close();
            inForce = scopes.Default;
        }
    }

    private void Enter(ReadOnlySpan<byte> data)
    {
        tagStart = at;
        Depth = open;
        Child += open == 1 ? 1 : 0;
        var next = at + 1;
        var colon = 0;
        for (; !EndsName(data[next]); next++)
        {
            if (data[next] == (byte)':')
            {
                colon = next;
            }
        }

        var name = data[(at + 1)..next];
        at = PassAttributes(data, next);
        open++;
        LocalName = colon == 0 ? name : name[(colon - tagStart)..];
        Namespace = colon != 0 ? scanner.Payloads.Resolve(data, name[..(colon - tagStart - 1)], scanner.Root!)
            : inForce.NamespaceLength < 0 ? scanner.Root!.DefaultNamespace
            : scanner.Payloads.NamespaceName(data, in inForce);
    }

    // From the tag's name to behind its '>', declarations taken.
    private int PassAttributes(ReadOnlySpan<byte> data, int next)
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
            if (data[name] == (byte)'x' && data.Slice(name, 5).SequenceEqual("xmlns"u8) && (EndsName(data[name + 5]) || data[name + 5] == (byte)':'))
            {
                Declare(data, name, value, end);
            }
        }
    }

    private void Declare(ReadOnlySpan<byte> data, int name, int value, int end)
    {
        ref var scopes = ref scanner.Payloads;
        if (scopes.Depth != open)
        {
            scopes.Open(open, in inForce);
        }

        var declared = scopes.Read(data, name, value, end);
        scopes.Declare(in declared);
        inForce = scopes.Default;
    }

    // Where the value of the attribute begins whose name is there, and where its closing quote is.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int Start, int End) Value(ReadOnlySpan<byte> data, int name)
    {
        if (data.Length - name > CharacterRuns.AttributeBytes)
        {
            var quotes = CharacterRuns.AttributeMarks(data, name).Quotes;
            var closing = quotes & (quotes - 1);
            var opening = name + BitOperations.TrailingZeroCount(quotes);
            var end = name + BitOperations.TrailingZeroCount(closing);
            if (closing != 0 && data[opening] == data[end])
            {
                return (opening + 1, end);
            }
        }

        var start = name + data[name..].IndexOfAny((byte)'\'', (byte)'"') + 1;
        return (start, start + data[start..].IndexOf(data[start - 1]));
    }

    private static bool EndsName(byte value) => value is (byte)'>' or (byte)'/' or (byte)'=' || CharacterRuns.IsSpace(value);
}
