namespace EdgePool.Xmpp.Framing;

/// <summary>The namespace names that the framer knows, as bytes.</summary>
internal static class ContentNamespaces
{
    internal const string Server = "jabber:server";
    internal const string Component = "jabber:component:accept";

    // Bit n: a known name has n bytes.
    private static ulong KnownLengths => (1UL << ServerBytes.Length) | (1UL << ComponentBytes.Length) | (1UL << Xml.Length) | (1UL << Xmlns.Length);

    internal static ReadOnlySpan<byte> ServerBytes => "jabber:server"u8;

    internal static ReadOnlySpan<byte> ComponentBytes => "jabber:component:accept"u8;

    internal static ReadOnlySpan<byte> Streams => "http://etherx.jabber.org/streams"u8;

    internal static ReadOnlySpan<byte> Xml => "http://www.w3.org/XML/1998/namespace"u8;

    internal static ReadOnlySpan<byte> Xmlns => "http://www.w3.org/2000/xmlns/"u8;

    internal static ReadOnlySpan<byte> Bytes(ContentNamespace content) => content == ContentNamespace.Server ? ServerBytes : ComponentBytes;

    /// <summary>The content namespace of that name; null for any other.</summary>
    internal static ContentNamespace? Find(ReadOnlySpan<byte> name)
        => name.SequenceEqual(ServerBytes) ? ContentNamespace.Server
            : name.SequenceEqual(ComponentBytes) ? ContentNamespace.Component
            : null;

    /// <summary>False for a name that is none of those that a default declaration is checked for.</summary>
    internal static bool MayBeKnown(ReadOnlySpan<byte> name) => name.Length < 64 && ((KnownLengths >> name.Length) & 1) != 0;

    internal static bool IsContent(ReadOnlySpan<byte> name) => name.SequenceEqual(ServerBytes) || name.SequenceEqual(ComponentBytes);
}
