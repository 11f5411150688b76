namespace EdgePool.Xmpp.Addressing;

/// <summary>The resourcepart: OpaqueString of the FreeformClass (RFC 7622 section 3.4).</summary>
internal static class Resourcepart
{
    /// <summary>Enforces a resourcepart. An absent one (empty) stays absent. False: jid-malformed.</summary>
    internal static bool TryEnforce(ReadOnlySpan<byte> utf8, out ReadOnlySpan<byte> canonical)
    {
        canonical = utf8;
        if (CanonicalAscii.IsResource(utf8))
        {
            return true;
        }

        canonical = PrecisProfiles.OpaqueString(utf8);
        return canonical.Length is > 0 and <= AddressLimits.Part;
    }
}
