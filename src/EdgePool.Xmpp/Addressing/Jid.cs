using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Utf8Text = System.Text.Unicode.Utf8;

namespace EdgePool.Xmpp.Addressing;

/// <summary>
/// A JID in canonical form (RFC 7622) that owns its memory: for configuration, logs and whatever outlives a stanza. Two spellings of one address
/// are equal. The stanza path uses <see cref="JidSpan"/>.
/// </summary>
public sealed class Jid : IEquatable<Jid>
{
    private Jid(string? local, DomainName domain, string? resource)
    {
        Local = local;
        Domain = domain;
        Resource = resource;
    }

    /// <summary>The canonical localpart; null when there is none.</summary>
    public string? Local { get; }

    /// <summary>The canonical domainpart.</summary>
    public DomainName Domain { get; }

    /// <summary>The canonical resourcepart; null when there is none.</summary>
    public string? Resource { get; }

    /// <summary>There is no resourcepart.</summary>
    public bool IsBare => Resource is null;

    /// <summary>The address without its resourcepart; this very one when it has none.</summary>
    public Jid Bare => Resource is null ? this : new Jid(Local, Domain, null);

    /// <summary>The form on the wire, with U-labels.</summary>
    public string Unicode => Format(Domain.Unicode);

    /// <summary>Parses and enforces an address. False: RFC 7622 forbids it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out Jid? jid)
    {
        jid = null;
        var octets = new byte[Math.Min(Encoding.UTF8.GetMaxByteCount(text.Length), AddressLimits.RawAddress)];
        return Utf8Text.FromUtf16(text, octets, out _, out var written, replaceInvalidSequences: false) == OperationStatus.Done
            && TryParse(octets.AsSpan(0, written), out jid);
    }

    /// <summary>Parses and enforces an address in UTF-8. False: RFC 7622 forbids it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out Jid? jid)
    {
        jid = JidSpan.TryParse(utf8, out var span) ? From(span) : null;
        return jid is not null;
    }

    /// <summary>Parses an address that we wrote ourselves.</summary>
    /// <exception cref="FormatException">RFC 7622 forbids it.</exception>
    public static Jid Parse(string text)
        => TryParse(text, out var jid) ? jid : throw new FormatException($"'{text}' is not a JID (RFC 7622)");

    /// <summary>Copies an address out of the stanza that it came in.</summary>
    public static Jid From(JidSpan jid)
        => new(TextOf(jid.Local), DomainNameComparer.Instance.Create(jid.Domain), TextOf(jid.Resource));

    /// <inheritdoc/>
    public bool Equals(Jid? other)
        => other is not null
            && Domain.Equals(other.Domain)
            && string.Equals(Local, other.Local, StringComparison.Ordinal)
            && string.Equals(Resource, other.Resource, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Jid);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Local, Domain, Resource);

    /// <summary>The form for logs and configuration, with A-labels: no look-alike letter of a domain gets past the eye. It parses back to an equal JID.</summary>
    public override string ToString() => Format(Domain.Ascii);

    private static string? TextOf(ReadOnlySpan<byte> part) => part.IsEmpty ? null : Encoding.UTF8.GetString(part);

    private string Format(string domain)
        => $"{Local}{(Local is null ? "" : "@")}{domain}{(Resource is null ? "" : "/")}{Resource}";
}
