using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Partners;

/// <summary>Reads <c>host</c>, <c>host:port</c>, <c>address:port</c> and <c>[IPv6]:port</c>.</summary>
public static class HostAndPort
{
    /// <summary>Parses. <paramref name="host"/> comes without brackets, in A-labels; <paramref name="port"/> is null when none is written.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out string? host, out int? port)
    {
        ArgumentNullException.ThrowIfNull(text);
        host = null;
        port = null;
        var colon = text.LastIndexOf(':');
        if (colon > text.LastIndexOf(']'))
        {
            if (!TryPort(text.AsSpan(colon + 1), out port))
            {
                return false;
            }

            text = text[..colon];
        }

        return text.StartsWith('[') ? TryLiteral(text, out host) : TryName(text, out host);
    }

    private static bool TryPort(ReadOnlySpan<char> text, out int? port)
    {
        var ok = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;
        port = ok ? number : null;
        return ok;
    }

    private static bool TryLiteral(string text, [NotNullWhen(true)] out string? host)
    {
        var ok = text.EndsWith(']') && IPAddress.TryParse(text.AsSpan(1, text.Length - 2), out var address)
            && address.AddressFamily is AddressFamily.InterNetworkV6;
        host = ok ? text[1..^1] : null;
        return ok;
    }

    private static bool TryName(string text, [NotNullWhen(true)] out string? host)
    {
        host = !text.Contains(':', StringComparison.Ordinal) && DomainName.TryParse(text, out var name) ? name.Ascii : null;
        return host is not null;
    }
}
