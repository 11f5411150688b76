using System.Buffers;
using System.Text;

namespace EdgePool.Xmpp.Addressing;

/// <summary>The localpart: UsernameCaseMapped of the IdentifierClass, without eight ASCII characters (RFC 7622 section 3.3).</summary>
internal static class Localpart
{
    private static readonly SearchValues<byte> Forbidden = SearchValues.Create("\"&'/:<>@"u8);

    /// <summary>Enforces a localpart. An absent one (empty) stays absent. False: jid-malformed.</summary>
    internal static bool TryEnforce(ReadOnlySpan<byte> utf8, out ReadOnlySpan<byte> canonical)
    {
        canonical = utf8;
        if (CanonicalAscii.IsLocal(utf8))
        {
            return true;
        }

        if (Ascii.IsValid(utf8))
        {
            var lower = new byte[utf8.Length];
            Ascii.ToLower(utf8, lower, out _);
            canonical = lower;
            return CanonicalAscii.IsLocal(lower);
        }

        canonical = PrecisProfiles.UsernameCaseMapped(utf8);
        return canonical.Length is > 0 and <= AddressLimits.Part && !canonical.ContainsAny(Forbidden);
    }
}
