using System.Runtime.InteropServices;

namespace EdgePool.Xmpp.Framing;

/// <summary>
/// The namespaces in force while a <see cref="PayloadReader"/> walks a complete element. It lives in the scanner, so that its memory is used
/// again from stanza to stanza; what was decoded goes back to the pool with the frame.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct PayloadScopes
{
    private const int OfRoot = -1;

    private ReusedList<Scope> open;
    private ReusedList<PrefixBinding> bindings;
    private ScratchMemory names;
    private ScratchMemory value;

    /// <summary>A walk has begun since the last <see cref="Reset"/>.</summary>
    internal bool InUse { get; private set; }

    /// <summary>How many elements are open, the stanza itself included.</summary>
    internal readonly int Depth => open.Count;

    /// <summary>An element begins; its declarations follow.</summary>
    internal void Open()
    {
        InUse = true;
        var inherited = open.Count == 0 ? OfRoot : open.Last.Default;
        ref var scope = ref open.Add();
        scope.OuterBindings = bindings.Count;
        scope.Default = inherited;
    }

    internal void Close()
    {
        bindings.Truncate(open.Last.OuterBindings);
        open.Truncate(open.Count - 1);
    }

    /// <summary>A declaration of the open element. The offset is that of the raw value in the stanza's bytes.</summary>
    internal void Declare(ReadOnlySpan<byte> element, in ScannedAttribute declaration)
    {
        var binding = new PrefixBinding
        {
            PrefixStart = declaration.NameStart + (declaration.PrefixLength == 0 ? 0 : declaration.PrefixLength + 1),
            PrefixLength = declaration.PrefixLength == 0 ? 0 : declaration.NameLength - declaration.PrefixLength - 1,
            NamespaceStart = declaration.ValueStart,
            NamespaceLength = declaration.ValueEnd - declaration.ValueStart,
        };
        var raw = declaration.RawValue(element);
        if (CharacterData.NeedsDecoding(raw))
        {
            binding.NamespaceStart = names.Append(raw, out binding.NamespaceLength);
            binding.InScratch = true;
        }

        if (declaration.PrefixLength == 0)
        {
            open.Last.Default = bindings.Count;
        }

        bindings.Add() = binding;
    }

    /// <summary>The default namespace of the open element.</summary>
    internal readonly ReadOnlySpan<byte> Default(ReadOnlySpan<byte> element, RootScope root)
        => open.Last.Default == OfRoot ? root.DefaultNamespace : NamespaceName(element, in bindings[open.Last.Default]);

    /// <summary>The namespace of a prefix, which is bound: the scanner has seen to that.</summary>
    internal readonly ReadOnlySpan<byte> Resolve(ReadOnlySpan<byte> element, ReadOnlySpan<byte> prefix, RootScope root)
    {
        for (var index = bindings.Count - 1; index >= 0; index--)
        {
            ref var binding = ref bindings[index];
            if (element.Slice(binding.PrefixStart, binding.PrefixLength).SequenceEqual(prefix))
            {
                return NamespaceName(element, in binding);
            }
        }

        return prefix.SequenceEqual("xml"u8) ? ContentNamespaces.Xml : root.Bindings[root.Find(prefix)].Namespace;
    }

    /// <summary>Decodes an attribute value, in the place of the last one.</summary>
    internal ReadOnlySpan<byte> Decode(ReadOnlySpan<byte> raw)
    {
        value.Release();
        var start = value.Append(raw, out var length);
        return value.Slice(start, length);
    }

    internal void Reset()
    {
        InUse = false;
        open.Reset();
        bindings.Reset();
        names.Release();
        value.Release();
    }

    private readonly ReadOnlySpan<byte> NamespaceName(ReadOnlySpan<byte> element, in PrefixBinding binding)
        => binding.InScratch ? names.Slice(binding.NamespaceStart, binding.NamespaceLength) : element.Slice(binding.NamespaceStart, binding.NamespaceLength);

    [StructLayout(LayoutKind.Auto)]
    private struct Scope
    {
        /// <summary>How many bindings were in force outside.</summary>
        internal int OuterBindings;

        /// <summary>The binding that is the default namespace; <see cref="OfRoot"/> where none is but the stream's.</summary>
        internal int Default;
    }
}
