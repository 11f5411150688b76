using System.Text;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Framing;

/// <content>What a complete element or header was.</content>
internal sealed partial class ElementScanner
{
    internal ref readonly TopElement Top => ref top;

    /// <summary>The inner bytes mean the same behind any start tag of ours: see <see cref="StanzaFrame.IsPlain"/>.</summary>
    internal bool IsPlain => !canonical;

    /// <summary>Something below the top may be outside the content namespace: see <see cref="StanzaFrame.HasForeignPayloads"/>.</summary>
    internal bool HasForeignPayloads => foreign || !top.InContentNamespace;

    /// <summary>The namespaces of the element that a <see cref="PayloadReader"/> stands on.</summary>
    internal ref PayloadScopes Payloads => ref payloads;

    /// <summary>The qualified name of the complete element.</summary>
    internal ReadOnlySpan<byte> TopName(ReadOnlySpan<byte> data) => data.Slice(1, top.NameLength);

    internal ref readonly ScannedAttribute Attribute(int index) => ref attributes[index];

    /// <summary>The decoded value; empty when the attribute is absent.</summary>
    internal ReadOnlySpan<byte> Value(in TopAttribute noted, ReadOnlySpan<byte> data)
    {
        if (noted.Number == 0)
        {
            return default;
        }

        ref var attribute = ref attributes[noted.Number - 1];
        return attribute.NeedsDecoding ? scratch.Slice(noted.ScratchStart, noted.ScratchLength) : attribute.RawValue(data);
    }

    /// <summary>Begins a walk through what is below the top, in the scope of its start tag; the position behind that.</summary>
    internal int OpenPayloads(ReadOnlySpan<byte> data)
    {
        if (payloads.InUse)
        {
            payloads.Reset();
        }

        var end = 1 + top.NameLength;
        for (var index = 0; index < top.AttributeCount; index++)
        {
            ref var attribute = ref attributes[index];
            end = attribute.ValueEnd + 1;
            if (attribute.IsDeclaration)
            {
                if (payloads.Depth < 0)
                {
                    payloads.Open(depth: 0, new PrefixBinding { NamespaceLength = PayloadReader.NotDeclared });
                }

                payloads.Declare(payloads.Read(data, attribute.NameStart, attribute.ValueStart, attribute.ValueEnd));
            }
        }

        return end + data[end..].IndexOf((byte)'>') + 1;
    }

    /// <summary>The header just read as the scope of everything behind it.</summary>
    internal RootScope ToScope(ReadOnlySpan<byte> data)
    {
        var declared = new RootBinding[bindings.Count];
        for (var index = 0; index < declared.Length; index++)
        {
            ref var binding = ref bindings[index];
            var prefix = data.Slice(binding.PrefixStart, binding.PrefixLength);
            declared[index] = new RootBinding(prefix.ToArray(), NamespaceName(data, binding).ToArray());
        }

        var defaultNamespace = Find(data, "xmlns"u8) is { } value ? Encoding.UTF8.GetBytes(value) : [];
        return new RootScope(data.Slice(tagStart, tagLength).ToArray(), defaultNamespace, declared);
    }

    /// <summary>The header just read, for those who judge it.</summary>
    internal StreamHeader ToHeader(ReadOnlySpan<byte> data, RootScope scope)
    {
        var prefix = data.Slice(tagStart, tagColon);
        var local = data[(tagStart + (tagColon == 0 ? 0 : tagColon + 1))..(tagStart + tagLength)];
        var name = (ReadOnlySpan<byte>)scope.DefaultNamespace;
        if (tagColon != 0)
        {
            TryResolve(data, prefix, out name);
        }

        return new StreamHeader(
            Encoding.UTF8.GetString(prefix),
            Encoding.UTF8.GetString(local),
            Encoding.UTF8.GetString(name),
            Encoding.UTF8.GetString(scope.DefaultNamespace))
        {
            From = Find(data, "from"u8),
            To = Find(data, "to"u8),
            Id = Find(data, "id"u8),
            Version = Find(data, "version"u8),
            Language = Find(data, "xml:lang"u8),
            Declarations = [.. scope.Declarations()],
        };
    }

    private string? Find(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name)
    {
        for (var index = 0; index < attributes.Count; index++)
        {
            ref var attribute = ref attributes[index];
            if (attribute.Name(data).SequenceEqual(name))
            {
                return CharacterData.DecodeToString(attribute.RawValue(data), CharacterDataKind.AttributeValue);
            }
        }

        return null;
    }
}
