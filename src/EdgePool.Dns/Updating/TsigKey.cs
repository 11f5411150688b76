using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Updating;

/// <summary>A secret that we share with a primary server (RFC 8945), for HMAC-SHA-256.</summary>
public sealed partial class TsigKey
{
    /// <summary>Octets of the shortest secret that is taken: as many bits as the hash is strong by, halved (RFC 8945 section 8).</summary>
    public const int ShortestSecret = 16;

    private const int LongestSecret = 1024;

    private readonly byte[] secret;

    /// <summary>A key.</summary>
    /// <param name="name">What both sides call it.</param>
    /// <param name="secret">The secret.</param>
    public TsigKey(DnsName name, ReadOnlySpan<byte> secret)
    {
        ArgumentNullException.ThrowIfNull(name);
        (Name, this.secret) = (name, secret.ToArray());
    }

    /// <summary>What both sides call it.</summary>
    public DnsName Name { get; }

    internal ReadOnlySpan<byte> Secret => secret;

    /// <summary>
    /// Reads the file that <c>tsig-keygen</c> of BIND writes: <c>key "NAME" { algorithm hmac-sha256; secret "BASE64"; };</c>, with comments on lines of their own. No
    /// part of it is ever in <paramref name="problem"/>.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TsigKey? key, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        key = null;
        var match = KeyClause().Match(Comments().Replace(text, " "));
        if (!match.Success)
        {
            problem = "it holds no key as tsig-keygen writes it: key \"NAME\" { algorithm hmac-sha256; secret \"…\"; };";
            return false;
        }

        if (!string.Equals(match.Groups["algorithm"].Value, "hmac-sha256", StringComparison.OrdinalIgnoreCase))
        {
            problem = "its algorithm is not hmac-sha256";
            return false;
        }

        var octets = new byte[LongestSecret];
        if (!DnsName.TryParse(match.Groups["name"].Value, out var name) || name.IsRoot)
        {
            problem = "the key's name is no domain name";
            return false;
        }

        if (!Convert.TryFromBase64String(match.Groups["secret"].Value, octets, out var length) || length < ShortestSecret)
        {
            problem = "its secret is not base64 of 16 to 1024 octets";
            return false;
        }

        (key, problem) = (new TsigKey(name, octets.AsSpan(0, length)), null);
        return true;
    }

    [GeneratedRegex("""^\s*key\s+"?(?<name>[^\s"{;]+)"?\s*\{\s*algorithm\s+"?(?<algorithm>[A-Za-z0-9-]+)"?\s*;\s*secret\s+"(?<secret>[A-Za-z0-9+/=]+)"\s*;\s*\}\s*;\s*$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KeyClause();

    // Two slashes may stand in a secret too: a comment of a line takes the whole line.
    [GeneratedRegex(@"^[ \t]*(#|//)[^\n]*|/\*[^""]*?\*/", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Comments();
}
