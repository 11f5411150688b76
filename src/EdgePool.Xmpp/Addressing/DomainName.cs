namespace EdgePool.Xmpp.Addressing;

/// <summary>
/// A domainpart in its one canonical form (RFC 7622 section 3.2, IDNA2008): lower case, no trailing dot, A-labels proven to round-trip.
/// Two spellings of one domain are equal.
/// </summary>
public sealed class DomainName : IEquatable<DomainName>
{
    private readonly byte[] utf8;

    internal DomainName(string unicode, string ascii)
    {
        Unicode = unicode;
        Ascii = ascii;
        utf8 = System.Text.Encoding.UTF8.GetBytes(unicode);
    }

    /// <summary>The form on the wire: U-labels (<c>bücher.example</c>).</summary>
    public string Unicode { get; }

    /// <summary>The form for DNS, certificates and logs: A-labels (<c>xn--bcher-kva.example</c>).</summary>
    public string Ascii { get; }

    /// <summary><see cref="Unicode"/> in UTF-8, as it goes out in <c>from</c> and <c>to</c>.</summary>
    public ReadOnlySpan<byte> Utf8 => utf8;

    /// <summary>Parses a domainpart as it came in. False when RFC 7622 forbids it; nothing is guessed.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DomainName? domain)
        => throw new NotSupportedException("skeleton");

    /// <summary>Parses UTF-8 as it came in. False when RFC 7622 forbids it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DomainName? domain)
        => throw new NotSupportedException("skeleton");

    /// <summary>Parses a domain that we wrote ourselves.</summary>
    /// <exception cref="FormatException">RFC 7622 forbids it.</exception>
    public static DomainName Parse(string text)
        => TryParse(text, out var domain) ? domain : throw new FormatException($"'{text}' is not a domain name (RFC 7622 section 3.2)");

    /// <inheritdoc/>
    public bool Equals(DomainName? other) => other is not null && string.Equals(Ascii, other.Ascii, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DomainName);

    /// <inheritdoc/>
    public override int GetHashCode() => Ascii.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Ascii;
}
