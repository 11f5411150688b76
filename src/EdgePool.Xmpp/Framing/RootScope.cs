using System.Text;

namespace EdgePool.Xmpp.Framing;

/// <summary>A prefix that the stream header declares.</summary>
internal readonly record struct RootBinding(byte[] Prefix, byte[] Namespace);

/// <summary>What every top-level element inherits from the stream header: the end tag to come and the namespaces in scope.</summary>
internal sealed class RootScope
{
    internal RootScope(byte[] name, byte[] defaultNamespace, RootBinding[] bindings)
    {
        Name = name;
        DefaultNamespace = defaultNamespace;
        Bindings = bindings;
        Content = ContentNamespaces.Find(defaultNamespace);
    }

    /// <summary>The qualified name as written: the end tag must repeat it.</summary>
    internal byte[] Name { get; }

    internal byte[] DefaultNamespace { get; }

    internal RootBinding[] Bindings { get; }

    /// <summary>The content namespace when it is one that we carry.</summary>
    internal ContentNamespace? Content { get; }

    /// <summary>The scope of our own streams: nothing but the content namespace and <c>stream</c>.</summary>
    internal static RootScope Of(ContentNamespace content) => new(
        "stream:stream"u8.ToArray(),
        ContentNamespaces.Bytes(content).ToArray(),
        [new RootBinding("stream"u8.ToArray(), ContentNamespaces.Streams.ToArray())]);

    /// <summary>The index of the binding of that prefix; -1 when there is none.</summary>
    internal int Find(ReadOnlySpan<byte> prefix)
    {
        for (var index = 0; index < Bindings.Length; index++)
        {
            if (prefix.SequenceEqual(Bindings[index].Prefix))
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>The scope with one more binding; the same where the prefix is bound.</summary>
    internal RootScope WithDefault(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> @namespace)
        => Find(prefix) >= 0 ? this : new RootScope(Name, DefaultNamespace, [.. Bindings, new RootBinding(prefix.ToArray(), @namespace.ToArray())]);

    internal IEnumerable<(string Prefix, string Namespace)> Declarations()
        => Bindings.Select(b => (Encoding.UTF8.GetString(b.Prefix), Encoding.UTF8.GetString(b.Namespace)));
}
