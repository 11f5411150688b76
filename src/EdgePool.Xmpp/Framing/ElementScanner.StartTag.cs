using System.Diagnostics;
using System.Runtime.CompilerServices;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Framing;

/// <content>Start tags: limits, attributes, and the namespace constraints of Namespaces in XML 1.0.</content>
internal sealed partial class ElementScanner
{
    private int declarations;
    private bool tagHasPrefixes;
    private TopElement top;

    /// <summary>Elements that count against the limit; the header is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FramingViolation? BeginElement()
    {
        colon = 0;
        declarations = 0;
        tagHasPrefixes = false;
        attributes.Truncate(top.AttributeCount);
        if (++elements > Limits.Elements)
        {
            return Violations.Elements;
        }

        return open.Count < Limits.Depth ? null : Violations.Depth;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FramingViolation? BeginAttribute(ReadOnlySpan<byte> data, int at)
    {
        if (!CharacterRuns.IsSpace(data[at - 1]))
        {
            return Violations.AttributeSeparator;
        }

        if (attributes.Count - FirstAttribute >= Limits.Attributes)
        {
            return Violations.Attributes;
        }

        tokenStart = at;
        colon = 0;
        return null;
    }

    // The top-level element's attributes stay, for the frame; below it each tag's replace the last tag's.
    private int FirstAttribute => open.Count == 0 ? 0 : top.AttributeCount;

    private FramingViolation? CompleteAttributeName(ReadOnlySpan<byte> data, int end)
    {
        var name = data[tokenStart..end];
        if (IsDuplicate(data, FirstAttribute, name))
        {
            return Violations.DuplicateAttribute;
        }

        ref var attribute = ref attributes.Add();
        attribute.NameStart = tokenStart;
        attribute.NameLength = name.Length;
        attribute.PrefixLength = colon;
        attribute.NeedsDecoding = false;
        attribute.IsDeclaration = false;
        valueLimit = Limits.AttributeValueBytes;
        return colon == 0 && name.Length != 5 ? null : CompleteUnusualAttributeName(name, ref attribute);
    }

    private FramingViolation? CompleteUnusualAttributeName(ReadOnlySpan<byte> name, ref ScannedAttribute attribute)
    {
        if (name.StartsWith("xmlns"u8) && (name.Length == 5 || name[5] == (byte)':'))
        {
            attribute.IsDeclaration = true;
            valueLimit = Limits.NamespaceBytes;
            return ++declarations > Limits.NamespaceDeclarations ? Violations.NamespaceDeclarations : null;
        }

        tagHasPrefixes |= colon != 0;
        if (name.SequenceEqual("xml:lang"u8))
        {
            valueLimit = Limits.LanguageBytes;
        }

        return null;
    }

    /// <summary>At the <c>&gt;</c>: namespaces are resolved, the element is opened (or, when empty, done).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FramingViolation? CompleteStartTag(ReadOnlySpan<byte> data, bool empty)
    {
        var outerBindings = bindings.Count;
        if (declarations != 0 || tagHasPrefixes || tagColon != 0)
        {
            foreign |= declarations != 0 || tagColon != 0;
            if (Declare(data) is { } reserved)
            {
                return reserved;
            }

            if (ResolvePrefixes(data) is { } unresolved)
            {
                return unresolved;
            }
        }

        if (open.Count == 0 && Root is not null && CompleteTopTag(data) is { } refused)
        {
            return refused;
        }

        if (empty)
        {
            bindings.Truncate(outerBindings);
        }
        else if (Root is not null)
        {
            ref var element = ref open.Add();
            element.NameStart = tagStart;
            element.NameLength = tagLength;
            element.OuterBindings = outerBindings;
        }

        return null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CloseElement()
    {
        bindings.Truncate(open.Last.OuterBindings);
        open.Truncate(open.Count - 1);
    }

    private FramingViolation? Declare(ReadOnlySpan<byte> data)
    {
        for (var index = FirstAttribute; declarations != 0 && index < attributes.Count; index++)
        {
            ref var attribute = ref attributes[index];
            if (!attribute.IsDeclaration)
            {
                continue;
            }

            var binding = new PrefixBinding
            {
                PrefixStart = attribute.NameStart + 6,
                PrefixLength = attribute.NameLength - 6,
                NamespaceStart = attribute.ValueStart,
                NamespaceLength = attribute.ValueEnd - attribute.ValueStart,
                InScratch = attribute.NeedsDecoding,
            };
            if (attribute.NeedsDecoding)
            {
                binding.NamespaceStart = scratch.Append(attribute.RawValue(data), out binding.NamespaceLength);
            }

            if (Declare(data, binding) is { } reserved)
            {
                return reserved;
            }
        }

        return null;
    }

    // Namespaces in XML section 3: the reserved prefixes and namespace names; section 5: no prefix is undeclared in version 1.0.
    private FramingViolation? Declare(ReadOnlySpan<byte> data, in PrefixBinding binding)
    {
        var name = NamespaceName(data, binding);
        if (binding.PrefixLength < 0 && !ContentNamespaces.MayBeKnown(name))
        {
            return null;
        }

        var isXml = name.SequenceEqual(ContentNamespaces.Xml);
        if (binding.PrefixLength < 0)
        {
            // The top-level element may say again which content namespace it is in.
            canonical |= ContentNamespaces.IsContent(name) && (open.Count != 0 || Root is null || !name.SequenceEqual(Root.DefaultNamespace));
            return isXml || name.SequenceEqual(ContentNamespaces.Xmlns) ? Violations.ReservedNamespace : null;
        }

        var prefix = data.Slice(binding.PrefixStart, binding.PrefixLength);
        if (prefix.SequenceEqual("xmlns"u8) || name.SequenceEqual(ContentNamespaces.Xmlns) || prefix.SequenceEqual("xml"u8) != isXml)
        {
            return Violations.ReservedNamespace;
        }

        if (name.IsEmpty)
        {
            return Violations.EmptyPrefixBinding;
        }

        canonical |= ContentNamespaces.IsContent(name);
        bindings.Add() = binding;
        return null;
    }

    private FramingViolation? ResolvePrefixes(ReadOnlySpan<byte> data)
    {
        if (tagColon != 0 && !TryResolve(data, data.Slice(tagStart, tagColon), out _))
        {
            return Violations.UnboundPrefix;
        }

        for (var index = FirstAttribute; tagHasPrefixes && index < attributes.Count; index++)
        {
            ref var attribute = ref attributes[index];
            if (attribute.PrefixLength == 0 || attribute.IsDeclaration)
            {
                continue;
            }

            if (!TryResolve(data, attribute.Prefix(data), out var name))
            {
                return Violations.UnboundPrefix;
            }

            if (FindExpandedDuplicate(data, index, name) is { } duplicate)
            {
                return duplicate;
            }
        }

        return null;
    }

    // Namespaces in XML section 6.3: no two attributes of one local name whose prefixes are bound to the same namespace. The content namespaces count as
    // one, since they can become one on the way out.
    private FramingViolation? FindExpandedDuplicate(ReadOnlySpan<byte> data, int index, ReadOnlySpan<byte> name)
    {
        var local = attributes[index].LocalName(data);
        for (var other = FirstAttribute; other < index; other++)
        {
            ref var earlier = ref attributes[other];
            if (earlier.PrefixLength == 0 || earlier.IsDeclaration || !earlier.LocalName(data).SequenceEqual(local)
                || !TryResolve(data, earlier.Prefix(data), out var earlierName))
            {
                continue;
            }

            if (earlierName.SequenceEqual(name))
            {
                return Violations.DuplicateAttribute;
            }

            if (ContentNamespaces.IsContent(earlierName) && ContentNamespaces.IsContent(name))
            {
                return Violations.MergedAttribute;
            }
        }

        return null;
    }

    private bool TryResolve(ReadOnlySpan<byte> data, ReadOnlySpan<byte> prefix, out ReadOnlySpan<byte> name)
    {
        for (var index = bindings.Count - 1; index >= 0; index--)
        {
            ref var binding = ref bindings[index];
            if (data.Slice(binding.PrefixStart, binding.PrefixLength).SequenceEqual(prefix))
            {
                name = NamespaceName(data, binding);
                return true;
            }
        }

        if (prefix.SequenceEqual("xml"u8))
        {
            name = ContentNamespaces.Xml;
            return true;
        }

        return TryResolveOnRoot(prefix, out name);
    }

    private bool TryResolveOnRoot(ReadOnlySpan<byte> prefix, out ReadOnlySpan<byte> name)
    {
        var index = Root?.Find(prefix) ?? -1;
        if (index < 0)
        {
            name = default;
            return false;
        }

        name = Root!.Bindings[index].Namespace;
        canonical = true;
        top.MarkInherited(index);
        return true;
    }

    private ReadOnlySpan<byte> NamespaceName(ReadOnlySpan<byte> data, in PrefixBinding binding)
        => binding.InScratch ? scratch.Slice(binding.NamespaceStart, binding.NamespaceLength) : data.Slice(binding.NamespaceStart, binding.NamespaceLength);

    /// <summary>The top-level element's start tag: which stanza it is, and where its addresses are.</summary>
    private FramingViolation? CompleteTopTag(ReadOnlySpan<byte> data)
    {
        Debug.Assert(Root is not null, "the header has no top-level element around it");
        top.NameLength = tagLength;
        top.AttributeCount = attributes.Count;
        var name = (ReadOnlySpan<byte>)Root.DefaultNamespace;
        var needsDecoding = false;
        for (var index = 0; index < attributes.Count; index++)
        {
            ref var attribute = ref attributes[index];
            needsDecoding |= attribute.NeedsDecoding;
            if (attribute.IsDeclaration && attribute.PrefixLength == 0)
            {
                name = attribute.NeedsDecoding ? DecodedDefault(data, attribute) : attribute.RawValue(data);
                top.DefaultDeclaration = index + 1;
            }
            else
            {
                top.Note(data, in attribute, index);
            }
        }

        if (tagColon != 0)
        {
            TryResolve(data, data.Slice(tagStart, tagColon), out name);
        }

        // Whatever the top declares is no payload; what uses its prefixes below is found there.
        foreign = false;

        // In this order: decoding may move the scratch memory that the name is in.
        var refused = Classify(name, data.Slice(tagStart, tagLength));
        if (needsDecoding)
        {
            top.Decode(data, ref attributes, ref scratch);
        }

        return refused;
    }

    private FramingViolation? Classify(ReadOnlySpan<byte> name, ReadOnlySpan<byte> qualifiedName)
    {
        if (Root!.Content is { } content && name.SequenceEqual(ContentNamespaces.Bytes(content)))
        {
            if (tagColon != 0)
            {
                return Violations.PrefixedStanza;
            }

            top.Kind = KindOf(qualifiedName);
            top.InContentNamespace = true;
        }
        else if (name.SequenceEqual(ContentNamespaces.Streams) && qualifiedName[(tagColon == 0 ? 0 : tagColon + 1)..].SequenceEqual("stream"u8))
        {
            return Violations.NestedHeader;
        }

        canonical |= top.Kind == StanzaKind.None;
        return null;
    }

    private ReadOnlySpan<byte> DecodedDefault(ReadOnlySpan<byte> data, in ScannedAttribute attribute)
    {
        var start = scratch.Append(attribute.RawValue(data), out var length);
        return scratch.Slice(start, length);
    }

    private static StanzaKind KindOf(ReadOnlySpan<byte> name)
        => name.SequenceEqual("message"u8) ? StanzaKind.Message
            : name.SequenceEqual("presence"u8) ? StanzaKind.Presence
            : name.SequenceEqual("iq"u8) ? StanzaKind.Iq
            : StanzaKind.None;
}
