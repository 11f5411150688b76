namespace EdgePool.Xmpp.Addressing;

/// <summary>
/// Compares names as <see cref="DomainName"/> does, and lets a table keyed by them be asked with <see cref="JidSpan.Domain"/>, so that the stanza
/// path makes no <see cref="DomainName"/>: <c>new Dictionary&lt;DomainName, T&gt;(DomainNameComparer.Instance)</c>, then
/// <c>GetAlternateLookup&lt;ReadOnlySpan&lt;byte&gt;&gt;()</c>.
/// </summary>
public sealed class DomainNameComparer : IEqualityComparer<DomainName>, IAlternateEqualityComparer<ReadOnlySpan<byte>, DomainName>
{
    private DomainNameComparer()
    {
    }

    /// <summary>The one instance; it has no state.</summary>
    public static DomainNameComparer Instance { get; } = new();

    /// <inheritdoc/>
    public bool Equals(DomainName? x, DomainName? y) => x is null ? y is null : x.Equals(y);

    /// <inheritdoc/>
    public int GetHashCode(DomainName obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        return GetHashCode(obj.Utf8);
    }

    /// <summary>Whether <paramref name="alternate"/>, canonical UTF-8 with U-labels, is the name <paramref name="other"/>.</summary>
    public bool Equals(ReadOnlySpan<byte> alternate, DomainName other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return alternate.SequenceEqual(other.Utf8);
    }

    /// <summary>The hash of canonical UTF-8 with U-labels; its seed differs from process to process.</summary>
    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = default(HashCode);
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    /// <summary>Makes the name, for a table that adds what it is asked with.</summary>
    /// <exception cref="FormatException"><paramref name="alternate"/> is not a canonical name.</exception>
    public DomainName Create(ReadOnlySpan<byte> alternate)
        => DomainName.TryParse(alternate, out var domain) && domain.Utf8.SequenceEqual(alternate)
            ? domain
            : throw new FormatException("not a canonical domain name (RFC 7622 section 3.2)");
}
