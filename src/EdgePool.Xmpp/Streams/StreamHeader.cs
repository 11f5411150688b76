namespace EdgePool.Xmpp.Streams;

/// <summary>A stream header as it came (RFC 6120 section 4.7), well-formed but not yet judged. Null: the attribute is absent.</summary>
/// <param name="Prefix">The prefix of the root element; empty for none.</param>
/// <param name="Name">The root's local name; <c>stream</c> in an honest header.</param>
/// <param name="Namespace">The root's namespace.</param>
/// <param name="DefaultNamespace">The default namespace declared on the root: the content namespace; empty for none.</param>
public sealed record StreamHeader(string Prefix, string Name, string Namespace, string DefaultNamespace)
{
    /// <summary>Who opens, as spelt by the peer.</summary>
    public string? From { get; init; }

    /// <summary>Whom the peer wants, as spelt by the peer.</summary>
    public string? To { get; init; }

    /// <summary>The stream id that the receiving entity gave.</summary>
    public string? Id { get; init; }

    /// <summary>The version as written; absent before XMPP 1.0.</summary>
    public string? Version { get; init; }

    /// <summary><c>xml:lang</c>.</summary>
    public string? Language { get; init; }

    /// <summary>Other prefixes declared on the root: (prefix, namespace).</summary>
    public IReadOnlyList<(string Prefix, string Namespace)> Declarations { get; init; } = [];

    /// <summary>True when the root declares <paramref name="namespace"/> for any prefix (dialback without features, XEP-0220 section 2.2).</summary>
    public bool Declares(string @namespace) => Declarations.Any(d => string.Equals(d.Namespace, @namespace, StringComparison.Ordinal));
}
