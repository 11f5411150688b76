using System.Runtime.InteropServices;

namespace EdgePool.Xmpp.Framing;

/// <summary>
/// The namespaces in force while a <see cref="PayloadReader"/> walks a complete element: one scope for each open element that declares something. It lives
/// in the scanner, so that its memory is used again from stanza to stanza; what was decoded goes back to the pool with the frame.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct PayloadScopes
{
    private ReusedList<Scope> open;
    private ReusedList<PrefixBinding> bindings;
    private ScratchMemory names;
    private ScratchMemory value;

    /// <summary>A walk has begun since the last <see cref="Reset"/>.</summary>
    internal bool InUse { get; private set; }

    /// <summary>How deep the innermost scope's element is, 0 for the stanza; -1 where there is no scope.</summary>
    internal readonly int Depth => open.Count == 0 ? -1 : open.Last.Depth;

    /// <summary>The default namespace as the innermost scope has it.</summary>
    internal readonly PrefixBinding Default => open.Count == 0 ? new PrefixBinding { NamespaceLength = PayloadReader.NotDeclared } : open.Last.Default;

    /// <summary>An element at that depth declares something.</summary>
    internal void Open(int depth, in PrefixBinding inheritedDefault)
    {
        InUse = true;
        ref var scope = ref open.Add();
        scope.Depth = depth;
        scope.OuterBindings = bindings.Count;
        scope.Default = inheritedDefault;
    }

    internal void Close()
    {
        bindings.Truncate(open.Last.OuterBindings);
        open.Truncate(open.Count - 1);
    }

    /// <summary>A declaration of the innermost scope's element; without prefix where its length is 0.</summary>
    internal void Declare(in PrefixBinding binding)
    {
        if (binding.PrefixLength == 0)
        {
            open.Last.Default = binding;
        }
        else
        {
            bindings.Add() = binding;
        }
    }

    /// <summary>What an <c>xmlns</c> or <c>xmlns:prefix</c> whose name begins there declares.</summary>
    internal PrefixBinding Read(ReadOnlySpan<byte> element, int nameStart, int valueStart, int valueEnd)
    {
        var prefix = element[nameStart + 5] == (byte)':' ? element[(nameStart + 6)..].IndexOfAny(" \t\r\n="u8) : 0;
        var binding = new PrefixBinding { PrefixStart = nameStart + 6, PrefixLength = prefix, NamespaceStart = valueStart, NamespaceLength = valueEnd - valueStart };
        var raw = element[valueStart..valueEnd];
        if (CharacterData.NeedsDecoding(raw))
        {
            InUse = true;
            binding.NamespaceStart = names.Append(raw, out binding.NamespaceLength);
            binding.InScratch = true;
        }

        return binding;
    }

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

    internal readonly ReadOnlySpan<byte> NamespaceName(ReadOnlySpan<byte> element, scoped in PrefixBinding binding)
        => binding.InScratch ? names.Slice(binding.NamespaceStart, binding.NamespaceLength) : element.Slice(binding.NamespaceStart, binding.NamespaceLength);

    /// <summary>Decodes an attribute value, in the place of the last one.</summary>
    internal ReadOnlySpan<byte> Decode(ReadOnlySpan<byte> raw)
    {
        InUse = true;
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

    [StructLayout(LayoutKind.Auto)]
    private struct Scope
    {
        internal int Depth;

        /// <summary>How many bindings were in force outside.</summary>
        internal int OuterBindings;

        /// <summary>The default namespace; <see cref="PrefixBinding.NamespaceLength"/> is <see cref="PayloadReader.NotDeclared"/> where it is the stream's.</summary>
        internal PrefixBinding Default;
    }
}
