using System.Buffers;

namespace EdgePool.Xmpp.Addressing;

/// <summary>
/// Says yes to parts that are canonical as they stand and hold ASCII only, which is nearly every address on the wire. A no means "enforce it",
/// never "refuse it".
/// </summary>
internal static class CanonicalAscii
{
    private static readonly SearchValues<byte> LocalOctets = SearchValues.Create("!#$%()*+,-.0123456789;=?[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    /// <summary>VCHAR without upper case and without the eight that RFC 7622 section 3.3.1 forbids. An absent localpart is canonical.</summary>
    internal static bool IsLocal(ReadOnlySpan<byte> local)
        => local.Length <= AddressLimits.Part && !local.ContainsAnyExcept(LocalOctets);

    /// <summary>VCHAR and space, which OpaqueString leaves alone. An absent resourcepart is canonical.</summary>
    internal static bool IsResource(ReadOnlySpan<byte> resource)
        => resource.Length <= AddressLimits.Part && !resource.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E);

    /// <summary>
    /// NR-LDH labels in lower case (RFC 5890 section 2.3.1) without a trailing dot, or a dotted quad. A name whose last label is a number is no
    /// host name (RFC 1123 section 2.1) and passes as an IPv4 address only.
    /// </summary>
    internal static bool IsDomain(ReadOnlySpan<byte> domain)
    {
        if (domain.Length > AddressLimits.Domain)
        {
            return false;
        }

        var start = 0;
        var digitsOnly = true;
        for (var i = 0; i < domain.Length; i++)
        {
            var octet = domain[i];
            if (octet is >= (byte)'a' and <= (byte)'z')
            {
                digitsOnly = false;
            }
            else if (octet == (byte)'.')
            {
                if (!IsLabelLength(i - start) || domain[i - 1] == (byte)'-')
                {
                    return false;
                }

                start = i + 1;
                digitsOnly = true;
            }
            else if (octet == (byte)'-')
            {
                if (i == start || (i == start + 3 && domain[i - 1] == (byte)'-'))
                {
                    return false;
                }

                digitsOnly = false;
            }
            else if (octet is < (byte)'0' or > (byte)'9')
            {
                return false;
            }
        }

        return IsLabelLength(domain.Length - start) && domain[^1] != (byte)'-' && (!digitsOnly || IsDottedQuad(domain));
    }

    private static bool IsLabelLength(int length) => (uint)(length - 1) < AddressLimits.Label;

    /// <summary>Four decimal numbers up to 255, no leading zero (RFC 3986 section 3.2.2, IPv4address). Takes digits, letters, dots.</summary>
    private static bool IsDottedQuad(ReadOnlySpan<byte> domain)
    {
        var numbers = 0;
        foreach (var range in domain.Split((byte)'.'))
        {
            var number = domain[range];
            if (++numbers > 4 || number.IsEmpty || number.Length > 3 || (number.Length > 1 && number[0] == (byte)'0'))
            {
                return false;
            }

            var value = 0;
            foreach (var octet in number)
            {
                if (octet is < (byte)'0' or > (byte)'9')
                {
                    return false;
                }

                value = (value * 10) + (octet - '0');
            }

            if (value > 255)
            {
                return false;
            }
        }

        return numbers == 4;
    }
}
