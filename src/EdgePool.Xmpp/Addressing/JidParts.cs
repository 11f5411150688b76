namespace EdgePool.Xmpp.Addressing;

/// <summary>
/// The three parts of an address as written, by RFC 7622 section 3.1: the first slash cuts the resourcepart off, then the first at-sign the
/// localpart. Splitting comes before any mapping, so a fullwidth separator never separates.
/// </summary>
internal readonly ref struct JidParts
{
    private JidParts(ReadOnlySpan<byte> local, ReadOnlySpan<byte> domain, ReadOnlySpan<byte> resource)
    {
        Local = local;
        Domain = domain;
        Resource = resource;
    }

    /// <summary>Empty when there is none.</summary>
    internal ReadOnlySpan<byte> Local { get; }

    internal ReadOnlySpan<byte> Domain { get; }

    /// <summary>Empty when there is none.</summary>
    internal ReadOnlySpan<byte> Resource { get; }

    /// <summary>False when a separator stands beside an empty part, or when a part is longer than any mapping could mend.</summary>
    internal static bool TrySplit(ReadOnlySpan<byte> utf8, out JidParts parts)
    {
        parts = default;
        ReadOnlySpan<byte> local = default;
        ReadOnlySpan<byte> resource = default;

        var slash = utf8.IndexOf((byte)'/');
        var domain = slash < 0 ? utf8 : utf8[..slash];
        if (slash >= 0)
        {
            resource = utf8[(slash + 1)..];
            if (resource.IsEmpty || resource.Length > AddressLimits.RawPart)
            {
                return false;
            }
        }

        var at = domain.IndexOf((byte)'@');
        if (at >= 0)
        {
            local = domain[..at];
            domain = domain[(at + 1)..];
            if (local.IsEmpty || local.Length > AddressLimits.RawPart)
            {
                return false;
            }
        }

        if (domain.IsEmpty || domain.Length > AddressLimits.Part)
        {
            return false;
        }

        parts = new JidParts(local, domain, resource);
        return true;
    }
}
