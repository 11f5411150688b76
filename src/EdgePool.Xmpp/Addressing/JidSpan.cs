namespace EdgePool.Xmpp.Addressing;

/// <summary>
/// A JID in canonical form (RFC 7622) over UTF-8 bytes, without a copy where the input was canonical already: the stanza path allocates nothing
/// for lower-case ASCII addresses. Any other spelling is enforced (PRECIS UsernameCaseMapped, OpaqueString; IDNA) into new memory.
/// </summary>
public readonly ref struct JidSpan
{
    private readonly ReadOnlySpan<byte> full;
    private readonly int domainStart;
    private readonly int domainLength;

    internal JidSpan(ReadOnlySpan<byte> full, int domainStart, int domainLength)
    {
        this.full = full;
        this.domainStart = domainStart;
        this.domainLength = domainLength;
    }

    /// <summary>The whole canonical address: <c>local@domain/resource</c>.</summary>
    public ReadOnlySpan<byte> Full => full;

    /// <summary>The canonical address without the resourcepart: <c>local@domain</c>.</summary>
    public ReadOnlySpan<byte> Bare => full[..(domainStart + domainLength)];

    /// <summary>The canonical localpart; empty when there is none.</summary>
    public ReadOnlySpan<byte> Local => domainStart == 0 ? default : full[..(domainStart - 1)];

    /// <summary>The canonical domainpart (U-labels); never empty in a parsed address.</summary>
    public ReadOnlySpan<byte> Domain => full.Slice(domainStart, domainLength);

    /// <summary>The canonical resourcepart; empty when there is none.</summary>
    public ReadOnlySpan<byte> Resource => domainStart + domainLength == full.Length ? default : full[(domainStart + domainLength + 1)..];

    /// <summary>Parses and enforces an address. <paramref name="utf8"/> is the decoded attribute value (no XML escapes). False: jid-malformed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out JidSpan jid)
    {
        if (!JidParts.TrySplit(utf8, out var parts))
        {
            jid = default;
            return false;
        }

        if (CanonicalAscii.IsLocal(parts.Local) && CanonicalAscii.IsDomain(parts.Domain) && CanonicalAscii.IsResource(parts.Resource))
        {
            jid = new JidSpan(utf8, parts.Local.IsEmpty ? 0 : parts.Local.Length + 1, parts.Domain.Length);
            return true;
        }

        return TryEnforce(parts, out jid);
    }

    private static bool TryEnforce(JidParts parts, out JidSpan jid)
    {
        jid = default;
        if (!DomainName.TryCanonicalize(parts.Domain, out ReadOnlySpan<byte> domain)
            || !Localpart.TryEnforce(parts.Local, out var local)
            || !Resourcepart.TryEnforce(parts.Resource, out var resource))
        {
            return false;
        }

        var start = local.Length == 0 ? 0 : local.Length + 1;
        var octets = new byte[start + domain.Length + (resource.Length == 0 ? 0 : resource.Length + 1)];
        if (local.Length != 0)
        {
            local.CopyTo(octets.AsSpan());
            octets[local.Length] = (byte)'@';
        }

        domain.CopyTo(octets.AsSpan(start));
        if (resource.Length != 0)
        {
            octets[start + domain.Length] = (byte)'/';
            resource.CopyTo(octets.AsSpan(start + domain.Length + 1));
        }

        jid = new JidSpan(octets, start, domain.Length);
        return true;
    }
}
