namespace EdgePool.Xmpp.Addressing;

/// <summary>The sizes that RFC 7622 and the DNS set, in octets.</summary>
internal static class AddressLimits
{
    /// <summary>The most that a localpart, a domainpart or a resourcepart may have after enforcement (RFC 7622 sections 3.2 to 3.4).</summary>
    internal const int Part = 1023;

    /// <summary>
    /// The most that is read of a part before enforcement. The mappings shorten UTF-8 by three to one at best (fullwidth letters, conjoining
    /// jamo), so nothing longer can become a part.
    /// </summary>
    internal const int RawPart = 3 * Part;

    /// <summary>The most that is read of a whole address: two raw parts, the domainpart and the separators.</summary>
    internal const int RawAddress = RawPart + 1 + Part + 1 + RawPart;

    /// <summary>A label in its A-form (RFC 1035 section 2.3.4).</summary>
    internal const int Label = 63;

    /// <summary>A domain name in its A-form as text, which is 255 octets in a DNS message (RFC 1035 section 3.1).</summary>
    internal const int Domain = 253;
}
