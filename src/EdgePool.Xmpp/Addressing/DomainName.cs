using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Utf8Text = System.Text.Unicode.Utf8;

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
        utf8 = Encoding.UTF8.GetBytes(unicode);
    }

    /// <summary>The form on the wire: U-labels (<c>bücher.example</c>).</summary>
    public string Unicode { get; }

    /// <summary>The form for DNS, certificates and logs: A-labels (<c>xn--bcher-kva.example</c>).</summary>
    public string Ascii { get; }

    /// <summary><see cref="Unicode"/> in UTF-8, as it goes out in <c>from</c> and <c>to</c>.</summary>
    public ReadOnlySpan<byte> Utf8 => utf8;

    /// <summary>The name is an IPv4 address or a bracketed IPv6 address, for which the DNS is not asked.</summary>
    public bool IsAddressLiteral => Ascii[0] == '[' || !Ascii.AsSpan(Ascii.LastIndexOf('.') + 1).ContainsAnyExceptInRange('0', '9');

    /// <summary>Parses a domainpart as it came in. False when RFC 7622 forbids it; nothing is guessed.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out DomainName? domain)
    {
        domain = null;
        if (text.Length > AddressLimits.Part)
        {
            return false;
        }

        Span<byte> octets = stackalloc byte[AddressLimits.Part];
        return Utf8Text.FromUtf16(text, octets, out _, out var written, replaceInvalidSequences: false) == OperationStatus.Done
            && TryParse(octets[..written], out domain);
    }

    /// <summary>Parses UTF-8 as it came in. False when RFC 7622 forbids it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out DomainName? domain)
    {
        domain = TryCanonicalize(utf8, out var unicode, out var ascii) ? new DomainName(unicode, ascii) : null;
        return domain is not null;
    }

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

    /// <summary>Both forms of a domainpart as written. False: RFC 7622 forbids it.</summary>
    internal static bool TryCanonicalize(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out string? unicode, [NotNullWhen(true)] out string? ascii)
    {
        if (!CanonicalAscii.IsDomain(utf8))
        {
            return Idna.TryCanonicalize(utf8, out unicode, out ascii);
        }

        unicode = ascii = Encoding.ASCII.GetString(utf8);
        return true;
    }

    /// <summary>The canonical UTF-8 alone; a domainpart that is canonical ASCII comes back as it is.</summary>
    internal static bool TryCanonicalize(ReadOnlySpan<byte> utf8, out ReadOnlySpan<byte> canonical)
    {
        canonical = utf8;
        if (CanonicalAscii.IsDomain(utf8))
        {
            return true;
        }

        canonical = Idna.TryCanonicalize(utf8, out var unicode, out _) ? Encoding.UTF8.GetBytes(unicode) : default;
        return !canonical.IsEmpty;
    }
}
